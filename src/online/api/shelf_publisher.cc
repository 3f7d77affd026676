#include "api/shelf_publisher.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/log.h"
#include "raw/check.h"

namespace aisle::api {
namespace {

// So much of a shelf may be ranked by rows before it is prepared again.
constexpr double kByRowsMax = 0.125;

}  // namespace

bool ShelfPublisher::Serve(const StatePointer& state, const std::string& stands_in) {
  const std::lock_guard lock(mutex_);
  stands_in_ = stands_in;
  const bool another = state != state_;
  if (another) {
    state_ = state;
    if (keeper_ && keeper_->Shelf()) replaced_.push_back(keeper_->Shelf());
    if (keeper_) keeper_->Serve(state);
  }
  PublishShelf();
  return another;
}

void ShelfPublisher::Upkeep() {
  std::erase_if(replaced_, [](const ShelfPointer& old) { return old.use_count() == 1; });
  StatePointer of;
  std::pair<serving::Shelf, serving::KnownChanges> now;
  {
    const std::lock_guard lock(mutex_);
    if (!keeper_ || !keeper_->Shelf() || keeper_->Shelf()->ShareByRows() <= kByRowsMax) return;
    of = keeper_->Shelf()->State();
    now = keeper_->Now();
  }
  auto again = serving::ServingState::PrepareAgain(of, std::move(now.first), std::move(now.second));
  if (!again) {
    base::LogError("the shelf cannot be prepared again: {}", again.error().message);
    return;
  }
  const std::lock_guard lock(mutex_);
  replaced_.push_back(keeper_->Shelf());
  keeper_->Serve(*std::move(again));
  PublishShelf();
}

void ShelfPublisher::Begin(serving::ShelfKeeper keeper, std::string behind) {
  const std::lock_guard lock(mutex_);
  behind_ = std::move(behind);
  keeper_.emplace(std::move(keeper));
  kept_ = keeper_->Size();
  if (!state_) return;
  keeper_->Serve(state_);
  PublishShelf();
}

void ShelfPublisher::Take(std::string_view log, std::span<const serving::Write> writes,
                          std::uint64_t until) {
  const std::lock_guard lock(mutex_);
  if (!keeper_ || keeper_->Log() != log) return;
  const ShelfPointer before = keeper_->Shelf();
  keeper_->Take(writes, until);
  kept_ = keeper_->Size();
  if (keeper_->Shelf() != before) PublishShelf();
}

bool ShelfPublisher::Forget(std::string_view log, std::uint64_t position) {
  const std::lock_guard lock(mutex_);
  if (!keeper_ || keeper_->Log() != log) return false;
  keeper_->Forget(position);
  kept_ = keeper_->Size();
  return true;
}

std::optional<std::string> ShelfPublisher::Log() const {
  const std::lock_guard lock(mutex_);
  if (!keeper_) return std::nullopt;
  return keeper_->Log();
}

std::uint64_t ShelfPublisher::Until() const {
  const std::lock_guard lock(mutex_);
  return keeper_ ? keeper_->Until() : 0;
}

std::vector<serving::Write> ShelfPublisher::KeptWrites() const {
  const std::lock_guard lock(mutex_);
  return keeper_ ? keeper_->Kept() : std::vector<serving::Write>{};
}

StatePointer ShelfPublisher::State() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void WrittenProducts::Note(const events::Change& change) {
  if (change.envelope.kind != events::Kind::kProduct) return;
  // A part is of a product that was known before.
  const raw::Value* id = raw::Find(change.row, "product_id");
  if (id == nullptr || !std::holds_alternative<std::int64_t>(*id) ||
      raw::Find(change.row, "category_id") == nullptr)
    return;
  const std::lock_guard lock(mutex_);
  ids_.insert(std::get<std::int64_t>(*id));
}

bool WrittenProducts::Has(domain::ProductId product) const {
  const std::lock_guard lock(mutex_);
  return ids_.contains(product.value);
}

}  // namespace aisle::api
