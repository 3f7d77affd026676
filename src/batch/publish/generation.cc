// PublishGeneration: catalogue, stock, customers, propensities and the ranking model as one generation.
#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/log.h"
#include "gold/feature_stream.h"
#include "publish/champion.h"
#include "publish/progress.h"
#include "publish/propensity_rows.h"
#include "publish/publish.h"
#include "publish/source_ids.h"
#include "publish/sql.h"
#include "serving/generation/writer.h"
#include "warehouse/row_reader.h"

namespace aisle::publish {
namespace {

constexpr std::int64_t kTellEvery = 256;

// Stock by region in the catalogue's order; a product the catalogue does not know is not sold yet.
std::int64_t FillShelves(const std::vector<gold::Stock>& stock, serving::Shelf& shelf) {
  std::int64_t rows = 0;
  for (const gold::Stock& place : stock) {
    const std::ptrdiff_t position = shelf.catalogue.Find(place.product);
    if (position < 0 || place.quantity <= 0) continue;
    serving::RegionShelf& region = shelf.regions[static_cast<std::size_t>(place.region)];
    region.products.push_back(static_cast<std::uint32_t>(position));
    region.quantity.push_back(place.quantity);
    region.delivery_days.push_back(place.delivery_days);
    ++rows;
  }
  return rows;
}

// What the tables know of changes. Read before all that changes: the job lock keeps an intake away until the generation
// stands, and one that came between all the same would only be laid over it again.
Status ReadKnownChanges(warehouse::Connection& connection, serving::GenerationManifest& manifest) {
  AISLE_TRY(const bool there, connection.HasTable("raw.about"));
  if (!there) return {};
  AISLE_TRY(auto rows, warehouse::RowReader::Open(connection, sql::kKnownChanges));
  const auto key = rows.Text("key");
  const auto value = rows.Text("value");
  for (;;) {
    AISLE_TRY(const bool more, rows.Next());
    if (!more) return {};
    const std::string_view text = rows[value];
    if (rows[key] == "changes_log") {
      manifest.changes_log = text;
    } else {
      std::from_chars(text.data(), text.data() + text.size(), manifest.changes_until);
    }
  }
}

// Their stock stays in the shelf: whoever shows them again finds it there.
Status FillHidden(warehouse::Connection& connection, serving::Shelf& shelf) {
  AISLE_TRY(const auto hidden, gold::ReadHidden(connection));
  for (const domain::ProductId product : hidden) {
    const std::ptrdiff_t position = shelf.catalogue.Find(product);
    if (position >= 0) shelf.hidden.push_back(static_cast<std::uint32_t>(position));
  }
  return {};
}

// The retailer's own ids of the products, where they are texts.
Status FillProductIds(warehouse::Connection& connection, features::Catalogue& catalogue) {
  AISLE_TRY(const auto ids, SourceIds::Read(connection, "product"));
  if (!ids.Mapped()) return {};
  for (features::ProductRecord& product : catalogue.products)
    product.source_id = ids.Source(product.product.value);
  return {};
}

// Whom the page and the demo show first: of those who bought at least so often, who was here last; the first of these.
class Example {
 public:
  void Look(const features::CustomerRecord& record, const std::string& source_id) {
    constexpr std::int32_t kOrders = 5;
    const bool often = record.total_orders >= kOrders;
    if (!id_.empty() && std::pair(often, record.last_event) <= std::pair(often_, last_event_))
      return;
    often_ = often;
    last_event_ = record.last_event;
    id_ = source_id.empty() ? fmt::format("{}", record.customer.value) : source_id;
  }
  const std::string& Id() const { return id_; }

 private:
  std::string id_;
  bool often_ = false;
  base::Timestamp last_event_{};
};

}  // namespace

Result<serving::GenerationManifest> PublishGeneration(warehouse::Database& database,
                                                      const registry::Registry& registry,
                                                      const std::filesystem::path& serving_root,
                                                      base::Timestamp as_of,
                                                      const Progress& progress) {
  // The lock first: whoever may not publish should not read millions of events to learn it.
  AISLE_TRY(auto writer, serving::GenerationWriter::Create(serving_root));
  serving::GenerationManifest manifest;
  manifest.as_of = as_of;
  manifest.created = base::Now();

  AISLE_TRY(warehouse::Connection connection, database.Connect());
  AISLE_CHECK(ReadKnownChanges(connection, manifest));
  AISLE_TRY(const gold::RecordSource source, gold::FindRecords(connection, as_of));
  AISLE_TRY(auto catalogue, gold::ReadCatalogue(connection, source));
  serving::Shelf shelf(std::move(catalogue));
  AISLE_TRY(const auto stock, gold::ReadStock(connection, shelf.catalogue.shape, as_of));
  manifest.inventory_rows = FillShelves(stock, shelf);
  AISLE_CHECK(FillHidden(connection, shelf));
  AISLE_CHECK(FillProductIds(connection, shelf.catalogue));
  AISLE_TRY(const auto customer_ids, SourceIds::Read(connection, "customer"));
  shelf.catalogue.text_customer_ids = customer_ids.Mapped();
  AISLE_CHECK(writer.PutShelf(shelf));

  AISLE_TRY(const auto champion, FindChampion(registry, "ranking"));
  if (champion) {
    if (auto put = writer.PutModel("ranking", champion->spec); !put)
      return Within(fmt::format("model ranking/{}", champion->version), put.error());
    manifest.ranking_version = champion->version;
  }

  Example example;
  AISLE_TRY(auto propensities, PropensityRows::Open(connection, shelf.catalogue));
  AISLE_CHECK(gold::ReadCustomers(
      database, shelf.catalogue, source, [&](features::CustomerRecord&& record) -> Status {
        AISLE_TRY(const auto propensity, propensities.Of(record.customer));
        const std::string id =
            customer_ids.Mapped() ? customer_ids.Source(record.customer.value) : std::string();
        AISLE_CHECK(writer.PutCustomer(record, propensity, id));
        example.Look(record, id);
        manifest.propensity_rows += static_cast<std::int64_t>(propensity.size());
        if (++manifest.customers % kTellEvery != 0) return {};
        return Tell(progress, manifest.customers);
      }));
  AISLE_CHECK(Tell(progress, manifest.customers));
  manifest.example_customer = example.Id();
  manifest.propensity_version = propensities.Version();
  if (propensities.Incomplete() > 0) {
    base::LogWarning(
        "publish: propensities of {} customers do not cover the catalogue's categories and were "
        "left out; run `aisle score` and publish again",
        propensities.Incomplete());
  }
  return writer.Commit(manifest);
}

}  // namespace aisle::publish
