#include "events/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "base/files.h"
#include "events/exercise_testing.h"
#include "events/sample_testing.h"

namespace aisle::events {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const base::Timestamp kNow = base::FromMicros(1'795'478'400'000'000);

// Every sort of value.
Change ShopEvent() {
  return {{Kind::kShopEvent, "e1", kNow},
          {{"event_id", "e1"},
           {"event_type", "order_complete"},
           {"event_timestamp", kNow},
           {"ingested_at", kNow + base::kDay},
           {"visitor_id", "böse"},
           {"order_id", ""},
           {"product_id", std::numeric_limits<std::int64_t>::max()},
           {"product_price", domain::Cents{-0}},
           {"order_total", domain::Cents{-1999}},
           {"store_id", std::monostate{}}}};
}
Change Product() {
  return {{Kind::kProduct, "p1", kNow},
          {{"product_id", std::int64_t{7}},
           {"product_name", "Soap"},
           {"category_id", "c"},
           {"price", domain::Cents{499}},
           {"weight_lbs", 0.25},
           {"is_perishable", true},
           {"launched_on", base::Date{std::chrono::days{-400}}}}};
}

TEST(ImpressionBytes, EveryFieldComesBack) {
  Impression impression = Sample(3);
  impression.shown = {{domain::ProductId{7}, 0.25F, "model"},
                      {domain::ProductId{-1}, -0.0F, ""},
                      {domain::ProductId{9}, 1e-30F, "model"}};
  const auto back = DecodeImpression(EncodeImpression(impression));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->request_id, impression.request_id);
  EXPECT_EQ(back->served_at, impression.served_at);
  EXPECT_EQ(back->customer, impression.customer);
  EXPECT_EQ(back->region, impression.region);
  EXPECT_EQ(back->ranking_version, 7);
  EXPECT_EQ(back->propensity_version, 12);
  EXPECT_EQ(back->generation, 31);
  EXPECT_EQ(back->arm, impression.arm);
  EXPECT_TRUE(back->batch);
  impression.visitor = "somebody";
  EXPECT_EQ(DecodeImpression(EncodeImpression(impression))->visitor, "somebody");
  ASSERT_EQ(back->shown.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(back->shown[i].product, impression.shown[i].product);
    EXPECT_EQ(back->shown[i].score, impression.shown[i].score);
    EXPECT_EQ(back->shown[i].source, impression.shown[i].source);
  }
}

TEST(ImpressionBytes, PrefixesFlippedBitsAndFurtherBytesDoNoHarm) {
  const std::string bytes = EncodeImpression(Sample(5));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(ExerciseImpression(std::string_view(bytes).substr(0, size)));
  EXPECT_FALSE(ExerciseImpression(bytes + '\0'));
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string spoiled = bytes;
    spoiled[bit / 8] = static_cast<char>(spoiled[bit / 8] ^ (1 << (bit % 8)));
    ExerciseImpression(spoiled);
  }
}

TEST(ImpressionBytes, ALongSourceThatManyProductsShareIsRefused) {
  Impression impression;
  const std::string source(100'000, 's');
  impression.shown.assign(100, {domain::ProductId{1}, 0, source});
  EXPECT_EQ(DecodeImpression(EncodeImpression(impression)).error().code, ErrorCode::kInternal);
  impression.shown.resize(10);
  EXPECT_TRUE(DecodeImpression(EncodeImpression(impression)));
}

TEST(ImpressionBytes, ANewerFormatIsRefusedInWords) {
  std::string bytes = EncodeImpression(Sample(5));
  bytes[0] = 3;
  const auto newer = DecodeImpression(bytes);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(newer.error().message, HasSubstr("newer"));
}

TEST(ImpressionBytes, TheRegionIsAnyTextAndNothingElse) {
  Impression impression = Sample(5);
  impression.region = "Nouvelle-Écosse";
  EXPECT_EQ(DecodeImpression(EncodeImpression(impression))->region, "Nouvelle-Écosse");
  impression.region = "\xFF";
  EXPECT_EQ(DecodeImpression(EncodeImpression(impression)).error().code, ErrorCode::kInternal);
}

TEST(ImpressionBytes, TheFirstFormatIsReadWithItsFiveRegionsInTheirOrder) {
  // Format, id, time, customer, region, versions, generation, arm, sources, products.
  for (std::uint8_t region = 0; region < 6; ++region) {
    const std::string bytes = {1, 2, 'r', '1', 6, 14, static_cast<char>(region), 2, 4, 6, 0, 0, 0};
    const auto envelope = DecodeEnvelope(bytes);
    ASSERT_TRUE(envelope);
    EXPECT_EQ(envelope->kind, Kind::kImpression);
    EXPECT_EQ(envelope->id, "r1");
    EXPECT_EQ(envelope->time, base::FromMicros(3));
    const auto impression = DecodeImpression(bytes);
    ASSERT_EQ(impression.has_value(), region < 5);
    if (!impression) continue;
    EXPECT_EQ(impression->request_id, "r1");
    EXPECT_EQ(impression->customer.value, 7);
    EXPECT_EQ(impression->generation, 3);
    constexpr std::array<std::string_view, 5> kNames = {"Northeast", "Southeast", "Midwest",
                                                        "South", "West"};
    EXPECT_EQ(impression->region, kNames[region]);
  }
}

TEST(RecordBytes, EveryKindHasANameAndAllButImpressionsATable) {
  std::set<std::string_view> names;
  for (const Kind kind : kKinds) {
    EXPECT_TRUE(names.insert(KindName(kind)).second);
    EXPECT_EQ(TableOf(kind) == nullptr, kind == Kind::kImpression) << KindName(kind);
  }
}

TEST(RecordBytes, AChangeComesBackValueByValue) {
  for (const Change& change : {ShopEvent(), Product(), StockChange(3)}) {
    ASSERT_TRUE(CheckChange(change, domain::RetailerShape::Quickstart()))
        << CheckChange(change, domain::RetailerShape::Quickstart()).error().message;
    const std::string bytes = EncodeChange(change);
    const auto back = DecodeChange(bytes);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->envelope.kind, change.envelope.kind);
    EXPECT_EQ(back->envelope.id, change.envelope.id);
    EXPECT_EQ(back->envelope.time, change.envelope.time);
    EXPECT_EQ(back->row, change.row);
    const auto envelope = DecodeEnvelope(bytes);
    ASSERT_TRUE(envelope);
    EXPECT_EQ(envelope->id, change.envelope.id);
  }
}

TEST(RecordBytes, PrefixesFlippedBitsAndFurtherBytesOfAChangeDoNoHarm) {
  for (const Change& change : {ShopEvent(), Product()}) {
    const std::string bytes = EncodeChange(change);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_FALSE(ExerciseRecord(std::string_view(bytes).substr(0, size)));
    EXPECT_FALSE(ExerciseRecord(bytes + '\0'));
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string spoiled = bytes;
      spoiled[bit / 8] = static_cast<char>(spoiled[bit / 8] ^ (1 << (bit % 8)));
      ExerciseRecord(spoiled);
    }
  }
}

TEST(RecordBytes, AnotherKindThanTheOneAskedForIsNamed) {
  EXPECT_EQ(DecodeImpression(EncodeChange(Product())).error().message,
            "a record of kind 'product', not 'impression'");
  EXPECT_THAT(DecodeChange(EncodeImpression(Sample(1))).error().message,
              HasSubstr("'impression' is no row"));
}

TEST(RecordBytes, AKindOrFormatOfANewerProgramIsRefusedInWords) {
  const std::string bytes = EncodeChange(StockChange(1));
  const auto refusal = [&](std::size_t at, char byte) {
    std::string newer = bytes;
    newer[at] = byte;
    const auto change = DecodeChange(newer);
    EXPECT_FALSE(change);
    EXPECT_EQ(change.error().code, ErrorCode::kFailedPrecondition);
    return change.error().message;
  };
  EXPECT_EQ(refusal(0, 3), "record: format 3 is newer than this build's 2; use a newer aisle");
  EXPECT_EQ(
      refusal(1, 9),
      "record: kind 9 is none of those this build knows (impression, shop event, product, stock, "
      "price, customer); use a newer aisle");
  // format, kind, length, "stock-1", time of eight bytes.
  const std::size_t body = 1 + 1 + 1 + 7 + 8;
  ASSERT_EQ(bytes[body], 1);
  EXPECT_EQ(refusal(body, 2), "stock: format 2 is newer than this build's 1; use a newer aisle");
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}, body}) refusal(at, 17);
}

// Else one record that nobody ever wrote would hold up all that come after it.
TEST(RecordBytes, AKindOrFormatFarAheadIsDamageAndNoNewerProgram) {
  const std::size_t body = 1 + 1 + 1 + 7 + 8;
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}, body}) {
    std::string bytes = EncodeChange(StockChange(1));
    bytes[at] = '\x7E';
    const auto change = DecodeChange(bytes);
    ASSERT_FALSE(change);
    EXPECT_EQ(change.error().code, ErrorCode::kInternal);
    EXPECT_THAT(change.error().message, HasSubstr("126 is no program's"));
  }
}

TEST(RecordBytes, AChangeIsCheckedByTheRulesOfItsTable) {
  const auto refusal = [](const Change& change) {
    const Status status = CheckChange(change, domain::RetailerShape::Quickstart());
    return status ? "" : status.error().field + " | " + status.error().message;
  };
  Change change = ShopEvent();
  change.row[1].value = "teleport";
  EXPECT_THAT(refusal(change),
              HasSubstr("event_type | event_type: 'teleport' is none of page_view"));
  change = ShopEvent();
  change.envelope.id = "e2";
  EXPECT_EQ(refusal(change), "event_id | event_id: 'e1' is not 'e2', the id of its record");
  change = Product();
  change.envelope.id = "";
  EXPECT_EQ(refusal(change), "id | id: missing");
  change.envelope.id = std::string(kIdBytesMax + 1, 'i');
  EXPECT_EQ(refusal(change), "id | id: longer than 256 bytes");
  change.envelope.id = "\xFF";
  EXPECT_EQ(refusal(change), "id | id: not UTF-8 text");
}

TEST(RecordBytes, WhichRegionsThereAreIsTheRetailers) {
  Change change = StockChange(1);
  change.row[1].value = "Ontario";
  const Status refused = CheckChange(change, domain::RetailerShape::Quickstart());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "region");
  domain::RetailerShape::Parts parts = domain::RetailerShape::Quickstart().All();
  parts.regions.push_back({"Ontario", "Toronto"});
  const auto shape = domain::RetailerShape::Make(parts);
  ASSERT_TRUE(shape) << shape.error().message;
  EXPECT_TRUE(CheckChange(change, *shape));
}

TEST(RecordBytes, TheCorpusIsDecodedAsItsNamesSay) {
  int good = 0;
  int seen = 0;
  for (const auto& entry :
       fs::directory_iterator(fs::path(AISLE_SOURCE_DIR) / "src/core/events/corpus")) {
    const std::string name = entry.path().filename().string();
    const auto bytes = base::ReadFile(entry.path());
    ASSERT_TRUE(bytes);
    EXPECT_EQ(ExerciseRecord(*bytes), name.starts_with("good")) << name;
    good += name.starts_with("good");
    ++seen;
  }
  EXPECT_GE(good, 5);
  EXPECT_GE(seen, 14);
}

}  // namespace
}  // namespace aisle::events
