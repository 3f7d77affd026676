// Catalogue and regional stock as bytes: the lists one after the other, each with its length first.
#include "kv/record_bytes.h"
#include "serving/generation/bytes.h"
#include "serving/generation/format_byte.h"
#include "serving/generation/shape_bytes.h"

namespace aisle::serving {
namespace {

using features::Catalogue;
using features::Category;
using features::ProductRecord;

constexpr int kFirstWithShape = 2;
constexpr int kFirstWithIds = 3;
constexpr int kFirstWithHidden = 4;
constexpr std::size_t kCategoryBytesMin = 3;
constexpr std::size_t kProductBytesMin = 12 + sizeof(double);

bool HasTextIds(const Catalogue& catalogue) {
  return !catalogue.products.empty() && !catalogue.products.front().source_id.empty();
}

void WriteProduct(const Catalogue& catalogue, std::size_t position, std::int64_t before,
                  bool text_ids, kv::RecordWriter& out) {
  const ProductRecord& product = catalogue.products[position];
  out.Signed(static_cast<std::int64_t>(static_cast<std::uint64_t>(product.product.value) -
                                       static_cast<std::uint64_t>(before)));
  out.Text(product.name);
  if (text_ids) out.Text(product.source_id);
  out.Unsigned(product.category);
  out.Unsigned(product.brand);
  out.Signed(product.price.value);
  out.Byte(product.is_perishable ? 1 : 0);
  out.Time(product.launched, catalogue.as_of);
  out.Double(product.price_z);
  out.Signed(product.views_28d);
  out.Signed(product.purchases_28d);
  out.Signed(product.purchases_90d);
  out.Signed(product.purchases);
  out.Signed(product.buyers);
  for (std::size_t r = 0; r < catalogue.shape.RegionCount(); ++r)
    out.Signed(catalogue.RegionPurchases90d(position, static_cast<domain::Region>(r)));
}

void ReadProduct(kv::RecordReader& in, std::int64_t before, bool text_ids, ProductRecord& product,
                 Catalogue& catalogue) {
  product.product.value = static_cast<std::int64_t>(static_cast<std::uint64_t>(before) +
                                                    static_cast<std::uint64_t>(in.Signed()));
  product.name = in.Text();
  if (text_ids) product.source_id = in.Text();
  product.category = in.Int<std::uint16_t>();
  product.brand = in.Int<std::uint16_t>();
  product.price.value = in.Signed();
  product.is_perishable = in.Bool();
  product.launched = in.Time(catalogue.as_of);
  product.price_z = in.Double();
  product.views_28d = in.Int<std::int32_t>();
  product.purchases_28d = in.Int<std::int32_t>();
  product.purchases_90d = in.Int<std::int32_t>();
  product.purchases = in.Int<std::int32_t>();
  product.buyers = in.Int<std::int32_t>();
  for (std::size_t r = 0; r < catalogue.shape.RegionCount(); ++r)
    catalogue.region_purchases_90d.push_back(in.Int<std::int32_t>());
}

void ReadCatalogue(kv::RecordReader& in, int format, Catalogue& catalogue) {
  catalogue.as_of = base::FromMicros(in.Signed());
  catalogue.text_customer_ids = format >= kFirstWithIds && in.Bool();
  const bool text_product_ids = format >= kFirstWithIds && in.Bool();
  catalogue.categories.resize(in.Count(kCategoryBytesMin));
  for (Category& category : catalogue.categories) {
    category.id = in.Text();
    category.name = in.Text();
    category.department = in.Text();
  }
  catalogue.brands.resize(in.Count(1));
  for (std::string& brand : catalogue.brands) brand = in.Text();
  catalogue.products.resize(in.Count(kProductBytesMin + catalogue.shape.RegionCount()));
  std::int64_t before = 0;
  for (ProductRecord& product : catalogue.products) {
    ReadProduct(in, before, text_product_ids, product, catalogue);
    before = product.product.value;
  }
}

template <typename T>
std::vector<T> ReadColumn(kv::RecordReader& in) {
  std::vector<T> column(in.Count(1));
  for (T& value : column) value = in.Int<T>();
  return column;
}

}  // namespace

std::string EncodeShelf(const Shelf& shelf) {
  kv::RecordWriter out;
  WriteFormat(out);
  const Catalogue& catalogue = shelf.catalogue;
  WriteShape(catalogue.shape, out);
  out.Signed(base::ToMicros(catalogue.as_of));
  const bool text_product_ids = HasTextIds(catalogue);
  out.Byte(catalogue.text_customer_ids ? 1 : 0);
  out.Byte(text_product_ids ? 1 : 0);
  out.Unsigned(catalogue.categories.size());
  for (const Category& category : catalogue.categories) {
    out.Text(category.id);
    out.Text(category.name);
    out.Text(category.department);
  }
  out.Unsigned(catalogue.brands.size());
  for (const std::string& brand : catalogue.brands) out.Text(brand);
  out.Unsigned(catalogue.products.size());
  std::int64_t before = 0;
  for (std::size_t p = 0; p < catalogue.products.size(); ++p) {
    WriteProduct(catalogue, p, before, text_product_ids, out);
    before = catalogue.products[p].product.value;
  }
  for (const RegionShelf& region : shelf.regions) {
    out.Unsigned(region.products.size());
    for (const std::uint32_t position : region.products) out.Unsigned(position);
    out.Unsigned(region.quantity.size());
    for (const std::int32_t quantity : region.quantity) out.Signed(quantity);
    out.Unsigned(region.delivery_days.size());
    for (const std::int32_t days : region.delivery_days) out.Signed(days);
  }
  out.Unsigned(shelf.hidden.size());
  for (const std::uint32_t position : shelf.hidden) out.Unsigned(position);
  return out.Take();
}

Result<Shelf> DecodeShelf(std::string_view bytes) {
  kv::RecordReader in(bytes);
  AISLE_TRY(const int format, ReadFormat(in, "shelf"));
  Catalogue catalogue;
  if (format >= kFirstWithShape) {
    AISLE_TRY(catalogue.shape, ReadShape(in));
  }
  ReadCatalogue(in, format, catalogue);
  Shelf shelf(std::move(catalogue));
  for (RegionShelf& region : shelf.regions) {
    region.products = ReadColumn<std::uint32_t>(in);
    region.quantity = ReadColumn<std::int32_t>(in);
    region.delivery_days = ReadColumn<std::int32_t>(in);
  }
  if (format >= kFirstWithHidden) shelf.hidden = ReadColumn<std::uint32_t>(in);
  AISLE_CHECK(in.Finish("shelf"));
  AISLE_CHECK(CheckShelf(shelf, ErrorCode::kInternal));
  return shelf;
}

}  // namespace aisle::serving
