// Runs the queries of a mapping over its sources and brings what they give into the raw tables.
//
// RunStep makes a named intermediate result. FillTable runs the query of one table, checks its columns
// and rows, gives ids to text ids, and writes the rows that are new (or changed, where the newer row
// wins). What is given of a table of the retailer's shape is remembered; WithdrawRows takes out the rest, once
// every query of the table has run. All expect OpenSources to have been called, in the same transaction.
//
//   order    rows of equal key: the first of the query wins.
//   errors   kInvalidArgument with the mapping's file and line: SQL that is wrong, a column the table
//            does not have, one it must have.
//   cost     the query's rows are held twice in temporary tables, which the database spills to disk.
#pragma once

#include "base/result.h"
#include "domain/retailer_shape.h"
#include "ingest/import.h"
#include "ingest/mapping.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

Status RunStep(warehouse::Connection& connection, const Mapping& mapping, const Step& step,
               const warehouse::Parameters& parameters);
Status DropStep(warehouse::Connection& connection, const Step& step);

// `shape` is the retailer's, whose regions and tiers rows may name.
Result<ImportedTable> FillTable(warehouse::Connection& connection, const Mapping& mapping,
                                const TableStep& step, const warehouse::Parameters& parameters,
                                const domain::RetailerShape& shape, base::Timestamp loaded_at);

// Takes the rows out of `table`, one of the shape, that no FillTable of this transaction gave; how many.
Result<std::int64_t> WithdrawRows(warehouse::Connection& connection, const std::string& table);
// Forgets what was given of it.
Status ForgetGiven(warehouse::Connection& connection, const std::string& table);

// `text` without what is in quotes and comments: the parameters that a query really uses.
warehouse::Parameters UsedIn(const QueryText& query, const warehouse::Parameters& parameters);

}  // namespace aisle::ingest
