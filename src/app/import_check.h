// An import that leaves nothing behind: reads everything by the mapping, into a warehouse of its own that goes again.
//
// What is in the data directory plays no part: it is a first import into an empty one, so it may run beside a job.
//
//   errors   those of an import: what would stop it stops the check, with the same words.
//   cost     that of the import, and room for its rows in the folder for temporary files.
#pragma once

#include <filesystem>
#include <string>

#include "app/command.h"
#include "ingest/import.h"

namespace aisle::app {

// The same of files that have no mapping yet, by the one that is suggested for them.
Status CheckFiles(const Context& context, const std::filesystem::path& folder_or_file,
                  ingest::ImportOptions options);

Status CheckImport(const Context& context, const std::string& mapping,
                   const std::filesystem::path& folder, ingest::ImportOptions options);

}  // namespace aisle::app
