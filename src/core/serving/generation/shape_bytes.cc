#include "serving/generation/shape_bytes.h"

namespace aisle::serving {

void WriteShape(const domain::RetailerShape& shape, kv::RecordWriter& out) {
  const domain::RetailerShape::Parts& parts = shape.All();
  out.Unsigned(parts.regions.size());
  for (const auto& region : parts.regions) {
    out.Text(region.name);
    out.Text(region.warehouse);
  }
  out.Unsigned(parts.postal_formats.size());
  for (const auto& format : parts.postal_formats) {
    out.Text(format.country);
    out.Text(format.format);
  }
  out.Unsigned(parts.postal_rules.size());
  for (const auto& rule : parts.postal_rules) {
    out.Text(rule.country);
    out.Text(rule.prefix);
    out.Text(rule.region);
  }
  out.Unsigned(parts.tiers.size());
  for (const auto& tier : parts.tiers) {
    out.Text(tier.id);
    out.Text(tier.name);
    out.Signed(tier.floor.value);
  }
  out.Text(parts.currency.code);
  out.Signed(parts.currency.minor_unit);
  out.Text(parts.time_zone);
}

Result<domain::RetailerShape> ReadShape(kv::RecordReader& in) {
  domain::RetailerShape::Parts parts;
  parts.regions.resize(in.Count(2));
  for (auto& region : parts.regions) {
    region.name = in.Text();
    region.warehouse = in.Text();
  }
  parts.postal_formats.resize(in.Count(2));
  for (auto& format : parts.postal_formats) {
    format.country = in.Text();
    format.format = in.Text();
  }
  parts.postal_rules.resize(in.Count(3));
  for (auto& rule : parts.postal_rules) {
    rule.country = in.Text();
    rule.prefix = in.Text();
    rule.region = in.Text();
  }
  parts.tiers.resize(in.Count(3));
  for (auto& tier : parts.tiers) {
    tier.id = in.Text();
    tier.name = in.Text();
    tier.floor.value = in.Signed();
  }
  parts.currency.code = in.Text();
  parts.currency.minor_unit = in.Int<int>();
  parts.time_zone = in.Text();
  if (in.Failed()) return Fail(ErrorCode::kInternal, "the retailer's shape is damaged");
  auto shape = domain::RetailerShape::Make(std::move(parts));
  if (!shape) return Fail(ErrorCode::kInternal, "the retailer's shape: " + shape.error().message);
  return shape;
}

}  // namespace aisle::serving
