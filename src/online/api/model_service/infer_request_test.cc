#include "api/model_service/infer_request.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "api/model_service/exercise_testing.h"
#include "api/model_service/infer_answer.h"
#include "api/model_service/open_service_testing.h"
#include "base/files.h"
#include "web/json_body.h"

namespace aisle::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t kRowsMax = 100;

std::vector<float> Floats(const InferRequest& request) {
  return std::get<std::vector<float>>(request.rows);
}

InferRequest MustRead(std::string_view body, const ServedModel& model) {
  auto read = InferRequestOf(body, std::nullopt, model, kRowsMax);
  EXPECT_TRUE(read) << read.error().detail << " in " << body;
  return read ? *std::move(read) : InferRequest{};
}

template <typename Value>
std::string Bytes(const std::vector<Value>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)};
}

// A body of JSON and what stands behind it.
Checked<InferRequest> ReadBinary(const std::string& json, const std::string& binary,
                                 const ServedModel& model) {
  return InferRequestOf(json + binary, json.size(), model, kRowsMax);
}

TEST(InferRequest, AMatrixIsFlatOrNestedAsItsShapeSays) {
  const ServedPointer model = ServeFile("dart.json");
  for (const char* const data : {"[1, 2, 3, 4, 5, 6]", "[[1, 2, 3], [4, 5, 6]]"}) {
    const InferRequest request = MustRead(
        fmt::format(
            R"({{"inputs": [{{"data": {}, "name": "input", "shape": [2, 3], "datatype": "FP32"}}]}})",
            data),
        *model);
    EXPECT_THAT(Floats(request), ElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_EQ(request.row_count, 2U);
    EXPECT_THAT(request.outputs, testing::SizeIs(2));
  }
}

TEST(InferRequest, AColumnForEachInputComesInAnyOrderAndDatatype) {
  const ServedPointer model = ServeFile("dart.json");
  const InferRequest request = MustRead(
      R"({"id": "x", "inputs": [
        {"name": "b", "shape": [3], "datatype": "BOOL", "data": [true, false, null]},
        {"name": "c", "shape": [3, 1], "datatype": "INT8", "data": [[-128], [127], [0]]},
        {"name": "a", "shape": [3], "datatype": "UINT64", "data": [18446744073709551615, 0, 7]}],
        "outputs": [{"name": "margin"}]})",
      *model);
  const std::vector<float> rows = Floats(request);
  EXPECT_EQ(rows[0], 18446744073709551615.0F);
  EXPECT_EQ(rows[1], 1);
  EXPECT_EQ(rows[2], -128);
  EXPECT_EQ(rows[5], 127);
  EXPECT_TRUE(std::isnan(rows[7]));
  EXPECT_EQ(request.id, "x");
  ASSERT_THAT(request.outputs, testing::SizeIs(1));
  EXPECT_EQ(request.outputs[0].name, "margin");
}

// Every datatype, binary: the values 0 and 1 as columns a and b, and c missing or 1.
template <typename Value>
void ExpectTaken(std::string_view datatype, std::vector<Value> a, std::vector<Value> b) {
  SCOPED_TRACE(datatype);
  const ServedPointer model = ServeFile("dart.json");
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::string json = fmt::format(
      R"({{"inputs": [
      {{"name": "a", "shape": [2], "datatype": "{0}", "parameters": {{"binary_data_size": {1}}}}},
      {{"name": "b", "shape": [2], "datatype": "{0}", "parameters": {{"binary_data_size": {1}}}}},
      {{"name": "c", "shape": [2], "datatype": "FP32", "parameters": {{"binary_data_size": 8}}}}]}})",
      datatype, 2 * sizeof(Value));
  const auto read =
      ReadBinary(json, Bytes(a) + Bytes(b) + Bytes(std::vector<float>{nan, 1}), *model);
  ASSERT_TRUE(read) << read.error().detail;
  const std::vector<float> rows = Floats(*read);
  EXPECT_EQ(rows[0], 0);
  EXPECT_EQ(rows[1], 1);
  EXPECT_TRUE(std::isnan(rows[2]));
  EXPECT_EQ(rows[3], 1);
  EXPECT_EQ(rows[4], 0);
  EXPECT_EQ(rows[5], 1);
}

TEST(InferRequest, EveryDatatypeIsTakenAsBinaryData) {
  ExpectTaken<std::uint8_t>("BOOL", {0, 1}, {1, 0});
  ExpectTaken<std::uint8_t>("UINT8", {0, 1}, {1, 0});
  ExpectTaken<std::uint16_t>("UINT16", {0, 1}, {1, 0});
  ExpectTaken<std::uint32_t>("UINT32", {0, 1}, {1, 0});
  ExpectTaken<std::uint64_t>("UINT64", {0, 1}, {1, 0});
  ExpectTaken<std::int8_t>("INT8", {0, 1}, {1, 0});
  ExpectTaken<std::int16_t>("INT16", {0, 1}, {1, 0});
  ExpectTaken<std::int32_t>("INT32", {0, 1}, {1, 0});
  ExpectTaken<std::int64_t>("INT64", {0, 1}, {1, 0});
  ExpectTaken<std::uint16_t>("FP16", {0, 0x3C00}, {0x3C00, 0});
  ExpectTaken<float>("FP32", {0, 1}, {1, 0});
  ExpectTaken<double>("FP64", {0, 1}, {1, 0});
}

TEST(InferRequest, HalvesAreReadByTheirBits) {
  EXPECT_EQ(FromHalf(0x3555), 0.333251953125F);
  EXPECT_EQ(FromHalf(0xC000), -2);
  EXPECT_EQ(FromHalf(0x7BFF), 65504);
  EXPECT_EQ(FromHalf(0x0001), 0x1p-24F);
  EXPECT_EQ(FromHalf(0x03FF), 1023 * 0x1p-24F);
  EXPECT_TRUE(std::signbit(FromHalf(0x8000)) && FromHalf(0x8000) == 0);
  EXPECT_TRUE(std::isinf(FromHalf(0x7C00)));
  EXPECT_TRUE(std::isnan(FromHalf(0x7E00)));
}

TEST(InferRequest, BytesAreNamesOfCategories) {
  const ServedPointer model = ServeFile("names_3_4.ubj");
  const std::string columns =
      R"({"name": "width", "shape": [2], "datatype": "FP32", "data": [1, 2]},
         {"name": "shop", "shape": [2], "datatype": "BYTES", "data": ["30", "10"]})";
  const InferRequest request = MustRead(
      R"({"inputs": [{"name": "town", "shape": [2], "datatype": "BYTES", "data": ["Oslo", ""]},)" +
          columns + "]}",
      *model);
  const InferRequest by_code = MustRead(
      R"({"inputs": [{"name": "input", "shape": [2, 3], "datatype": "FP32",
                      "data": [[1, 1, 2], [null, 2, 0]]}]})",
      *model);
  EXPECT_EQ(Floats(request)[0], Floats(by_code)[0]);
  EXPECT_TRUE(std::isnan(Floats(request)[3]));
  EXPECT_EQ(Floats(request)[2], Floats(by_code)[2]);
  const std::string json = R"({"inputs": [{"name": "town", "shape": [2], "datatype": "BYTES",
      "parameters": {"binary_data_size": 12}},)" +
                           columns + "]}";
  const auto binary = ReadBinary(json, std::string("\4\0\0\0Oslo\0\0\0\0", 12), *model);
  ASSERT_TRUE(binary) << binary.error().detail;
  EXPECT_EQ(Floats(*binary)[0], 1);
  const auto longer = ReadBinary(json, std::string(12, 0), *model);
  ASSERT_FALSE(longer);
  EXPECT_THAT(longer.error().detail, HasSubstr("does not have the shape [2]"));
}

struct Wrong {
  std::string inputs;
  std::string words;
};

void ExpectRefused(const ServedModel& model, const std::vector<Wrong>& cases) {
  for (const auto& [inputs, words] : cases) {
    const auto read =
        InferRequestOf(R"({"inputs": [)" + inputs + "]}", std::nullopt, model, kRowsMax);
    ASSERT_FALSE(read) << inputs;
    const std::string error = InferError(read.error()).body;
    EXPECT_THAT(error, HasSubstr(words)) << inputs;
    EXPECT_EQ(read.error().status, 400);
    EXPECT_TRUE(web::ParseJson(error)) << error;
  }
}

TEST(InferRequest, ShapesAreHeldAgainstTheNestingOfTheData) {
  const std::string matrix = R"({"name": "input", "datatype": "FP32", )";
  ExpectRefused(
      *ServeFile("dart.json"),
      {{matrix + R"("shape": [3, 2], "data": [[1, 2, 3], [4, 5, 6]]})", "accepted: [-1, 3]"},
       {matrix + R"("shape": [2, 3], "data": [[1, 2], [3, 4], [5, 6]]})", "shape [2, 3]"},
       {matrix + R"("shape": [2, 3], "data": [[1, 2, 3, 4, 5, 6]]})", "shape [2, 3]"},
       {matrix + R"("shape": [2, 3], "data": [[1, 2, 3], 4, 5, 6]})", "shape [2, 3]"},
       {matrix + R"("shape": [2, 3], "data": [[[1, 2, 3], [4, 5, 6]]]})", "shape [2, 3]"},
       {matrix + R"("shape": [2, 3], "data": [1, 2, 3, 4, 5]})", "shape [2, 3]"},
       {matrix + R"("shape": [2, 3], "data": [1, 2, 3, 4, 5, 6, 7]})", "shape [2, 3]"},
       {matrix + R"("shape": [6], "data": [1, 2, 3, 4, 5, 6]})", "accepted: [-1, 3]"},
       {matrix + R"("shape": [-1, 3], "data": []})", "whole numbers from 0"},
       {matrix + R"("shape": [101, 3], "data": []})", "at most 100 rows"},
       {matrix + R"("shape": [100, 3], "data": []})", "bytes"},
       {matrix + R"("shape": [1, 3], "data": 5})", "a list is missing"}});
}

TEST(InferRequest, InputsThatAreUnknownMissingOrDoubleAreNamed) {
  const auto column = [](std::string_view name) {
    return fmt::format(R"({{"name": "{}", "datatype": "FP32", "shape": [1], "data": [1]}})", name);
  };
  const std::string matrix =
      R"({"name": "input", "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3]})";
  ExpectRefused(*ServeFile("dart.json"),
                {{"", "inputs is missing or empty; accepted: one tensor 'input' of shape [-1, 3]"},
                 {column("a") + "," + column("c"), "inputs are missing: b"},
                 {column("a") + "," + column("d"), "inputs[1] 'd': the model has no such input"},
                 {column("a") + "," + column("a"), "inputs[1] 'a': this input stands there twice"},
                 {matrix + "," + column("c"), "inputs[1] 'c': this input stands there twice"},
                 {R"({"datatype": "FP32", "shape": [1], "data": [1]})", "name is missing"},
                 {R"({"name": "a", "shape": [1], "data": [1]})", "datatype is missing"},
                 {R"({"name": "a", "datatype": "FP32", "data": [1]})", "shape is missing"},
                 {R"({"name": "a", "datatype": "FP32", "shape": [1]})", "data is missing"},
                 {R"({"name": "a", "datatype": "FLOAT", "shape": [1], "data": [1]})", "FP16, FP32"},
                 {R"({"name": "a", "type": "FP32"})", "the key \\\"type\\\" is unknown"},
                 {R"({"name": "a", "name": "b"})", "stands twice"}});
}

TEST(InferRequest, ValuesOutOfRangeAreNamedWithTheirPlace) {
  const auto column = [](std::string_view datatype, std::string_view value) {
    return fmt::format(R"({{"name": "a", "datatype": "{}", "shape": [3], "data": [1, {}, 1]}})",
                       datatype, value);
  };
  ExpectRefused(*ServeFile("dart.json"),
                {{column("INT8", "128"),
                  "row 1, input 'a': 128 is no INT8; accepted: whole numbers "
                  "from -128 to 127"},
                 {column("UINT16", "-1"), "-1 is no UINT16"},
                 {column("INT64", "1.0"), "1.0 is no INT64"},
                 {column("FP32", "1e39"), "1e39 is not finite"},
                 {column("FP64", "1e39"), "too large for the model's floats"},
                 {column("FP32", "\"x\""), "'x' is no number"},
                 {column("FP32", "true"), "a number is missing"},
                 {column("BOOL", "1"), "true or false"},
                 {column("BYTES", "\"x\""), "a text is missing"},
                 {R"({"name": "a", "datatype": "BYTES", "shape": [1], "data": ["x"]})",
                  "BYTES is for inputs whose categories have names"},
                 {column("FP16", "1"), "FP16 has no form in JSON"}});
}

TEST(InferRequest, BinaryDataMustBeAsLongAsItSays) {
  const ServedPointer model = ServeFile("dart.json");
  const auto json = [](std::size_t bytes) {
    return fmt::format(R"({{"inputs": [{{"name": "input", "shape": [1, 3], "datatype": "FP32",
                         "parameters": {{"binary_data_size": {}}}}}]}})",
                       bytes);
  };
  const std::string row = Bytes(std::vector<float>{1, 2, 3});
  EXPECT_TRUE(ReadBinary(json(12), row, *model));
  for (const auto& [bytes, binary, words] :
       {std::tuple(12U, row + "x", "1 bytes of binary data belong to no input"),
        std::tuple(12U, row.substr(1), "11 bytes are left"),
        std::tuple(8U, row.substr(4), "12 bytes for FP32 of shape [1, 3]")}) {
    const auto read = ReadBinary(json(bytes), binary, *model);
    ASSERT_FALSE(read) << words;
    EXPECT_THAT(InferError(read.error()).body, HasSubstr(words));
  }
  const float infinity = std::numeric_limits<float>::infinity();
  const auto infinite = ReadBinary(json(12), Bytes(std::vector<float>{1, infinity, 3}), *model);
  ASSERT_FALSE(infinite);
  EXPECT_THAT(infinite.error().detail, HasSubstr("row 0, input 'b': inf is not finite"));
  EXPECT_FALSE(InferRequestOf(json(12), 10'000, *model, kRowsMax));
}

TEST(InferRequest, OutputsAreChosenByNameAndForm) {
  const ServedPointer model = ServeFile("dart.json");
  const std::string inputs =
      R"("inputs": [{"name": "input", "shape": [1, 3], "datatype": "FP32", "data": [1, 2, 3]}])";
  const auto read = [&](const std::string& rest) {
    return MustRead("{" + inputs + rest + "}", *model);
  };
  EXPECT_FALSE(read("").outputs[0].binary);
  const InferRequest both = read(
      R"(, "parameters": {"binary_data_output": true, "other": [1, {"a": 2}]},
         "outputs": [{"name": "margin"}, {"name": "predict", "parameters": {"binary_data": false}}])");
  ASSERT_EQ(both.outputs.size(), 2U);
  EXPECT_TRUE(both.outputs[0].binary);
  EXPECT_FALSE(both.outputs[1].binary);
  for (const auto& [outputs, words] :
       {std::pair(R"([{"name": "proba"}])", "accepted: predict, margin"),
        std::pair(R"([{"name": "margin"}, {"name": "margin"}])", "stands there twice"),
        std::pair(R"([{"name": "margin", "parameters": {"classification": 3}}])",
                  "classification is not served")}) {
    const auto refused = InferRequestOf("{" + inputs + R"(, "outputs": )" + outputs + "}",
                                        std::nullopt, *model, kRowsMax);
    ASSERT_FALSE(refused) << outputs;
    EXPECT_THAT(InferError(refused.error()).body, HasSubstr(words));
  }
}

TEST(InferRequest, TheCorpusOfTheFuzzerKeepsItsPromises) {
  int taken = 0;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(AISLE_SOURCE_DIR) / "src/online/api/corpus")) {
    SCOPED_TRACE(entry.path());
    const auto bytes = base::ReadFile(entry.path());
    ASSERT_TRUE(bytes);
    taken += ExerciseService(*bytes) ? 1 : 0;
    ++files;
  }
  EXPECT_GE(taken, 4);
  EXPECT_GT(files, taken);
}

TEST(InferAnswer, BinaryOutputsStandBehindTheJsonInTheirOrder) {
  const ServedPointer model = ServeFile("classes.ubj");
  const InferRequest request = MustRead(
      R"({"inputs": [{"name": "input", "shape": [2, 3], "datatype": "FP32", "data": [1, 2, 3, 4, 5, 6]}],
          "parameters": {"binary_data_output": true}})",
      *model);
  Scores scores = model->RoomFor(2);
  model->Score(request.rows, 0, 2, scores);
  const web::Response answer = InferAnswer(*model, request, scores);
  std::string length;
  for (const auto& [name, value] : answer.fields) {
    if (name == "Inference-Header-Content-Length") length = value;
  }
  const std::size_t json_bytes = std::stoul(length);
  const auto json = web::ParseJson(std::string_view(answer.body).substr(0, json_bytes));
  ASSERT_TRUE(json);
  EXPECT_EQ(json->at("outputs").at(0).at("shape").as_array().size(), 2U);
  EXPECT_EQ(json->at("outputs").at(0).at("parameters").at("binary_data_size").as_int64(), 24);
  std::vector<float> wanted(6);
  model->Forest().Predict(std::get<0>(request.rows), wanted);
  EXPECT_EQ(answer.body.substr(json_bytes, 24), Bytes(wanted));
  model->Forest().Margins(std::get<0>(request.rows), wanted);
  EXPECT_EQ(answer.body.substr(json_bytes + 24), Bytes(wanted));
}

}  // namespace
}  // namespace aisle::api
