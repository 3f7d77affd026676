// What earlier imports left in raw.about, and whether the next one may stand beside it: of other mappings, of the same
// one, in the retailer's currency and zone.
//
//   units    amounts in the currency's minor unit; times UTC.
//   missing  a key that is not there: nothing was imported under it.
//   threads  the connection's, within its transaction.
//   errors   kFailedPrecondition names what is there, what was given and the way out; kInvalidArgument for a number.
//   cost     a handful of look-ups.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "ingest/import.h"
#include "ingest/mapping.h"
#include "warehouse/warehouse.h"

namespace aisle::ingest {

Result<std::int64_t> ParseInteger(const Parameter& parameter, const std::string& text);
// Names of the other mappings whose imports are there; an error unless the import is to add to them.
Result<std::vector<std::string>> CheckOthers(warehouse::Connection& connection,
                                             const Mapping& mapping, bool add);
// Defaults that these took, after `defaults`.
Status AddOtherDefaults(warehouse::Connection& connection, const Mapping& mapping,
                        std::vector<std::string>& defaults);
// A parameter that only grows is not below what was imported with it.
Status CheckOnlyGrows(warehouse::Connection& connection, const Mapping& mapping,
                      const warehouse::Parameters& values);
// Before decision 0018 a day began at midnight UTC; its rows would stand beside those of today.
Status CheckDays(warehouse::Connection& connection, const Mapping& mapping,
                 const std::vector<ImportedTable>& tables);
// A retailer has one currency and one zone: beside other mappings' imports they must be those that hold.
Status WriteSettings(warehouse::Connection& connection, const Mapping& mapping, bool beside_others);
Status WriteAbout(warehouse::Connection& connection, const Mapping& mapping,
                  const warehouse::Parameters& values, base::Timestamp loaded_at);

}  // namespace aisle::ingest
