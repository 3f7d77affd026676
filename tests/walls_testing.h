// Third parties and the modules that may include their headers. A prefix that stands here twice has two rooms; one in
// front of "" has none. A room that its module does not use is a complaint too.
#pragma once

#include <map>
#include <string>

inline const std::multimap<std::string, std::string> kWalls = {{"CLI/", "app"},
                                                               {"arrow-adbc/", "warehouse"},
                                                               {"boost/asio", "net"},
                                                               {"boost/asio", "postgres"},
                                                               {"boost/asio", "web"},
                                                               {"boost/beast", "web"},
                                                               {"boost/json", "access"},
                                                               {"boost/json", "api"},
                                                               {"boost/json", "app"},
                                                               {"boost/json", "evaluation"},
                                                               {"boost/json", "registry"},
                                                               {"boost/json", "serving"},
                                                               {"boost/json", "web"},
                                                               {"boost/json", "workspace"},
                                                               {"duckdb.h", ""},
                                                               {"libpq-fe.h", "postgres"},
                                                               {"lmdb.h", "kv"},
                                                               {"nanoarrow/", "arrow"},
                                                               {"openssl/", "access"},
                                                               {"openssl/", "postgres"},
                                                               {"openssl/", "web"},
                                                               {"simde/", "forest"},
                                                               {"spdlog/", "base"},
                                                               {"toml++/", "base"},
                                                               {"xgboost/", ""},
                                                               {"xxhash.h", "base"},
                                                               {"zlib.h", "ingest"},
                                                               {"zlib.h", "web"}};
