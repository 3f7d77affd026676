#include "ingest/suggest_queries.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "ingest/shop_words.h"
#include "ingest/sql_text.h"

namespace aisle::ingest {
namespace {

constexpr std::size_t kKindsShown = 12;

const SuggestedFile* FirstOf(const std::vector<SuggestedFile>& files, FileKind kind) {
  const auto found = std::ranges::find_if(
      files, [&](const SuggestedFile& file) { return file.role.kind == kind; });
  return found == files.end() ? nullptr : &*found;
}

const std::vector<std::string>& Texts(const SuggestedFile& file, Says says) {
  const std::string& name = file.role.columns.at(says)->column.name;
  return file.sample.columns[static_cast<std::size_t>(std::ranges::find(file.sample.names, name) -
                                                      file.sample.names.begin())];
}

std::string Name(const SuggestedFile& file, Says says) {
  return Quoted(file.role.columns.at(says)->column.name);
}
// An id or a text without the blanks around it.
std::string Clean(const SuggestedFile& file, Says says) {
  return fmt::format("nullif(trim({}), '')", Name(file, says));
}
const std::string& TypeOf(const SuggestedFile& file, Says says) {
  return file.role.columns.at(says)->column.type;
}

class Tables {
 public:
  explicit Tables(const std::vector<SuggestedFile>& files)
      : sales_(FirstOf(files, FileKind::kSales)),
        products_(FirstOf(files, FileKind::kProducts)),
        customers_(FirstOf(files, FileKind::kCustomers)) {}

  SuggestedTables Write(const std::vector<SuggestedFile>& files) && {
    for (const SuggestedFile& file : files) {
      const SuggestedFile* const taken = FirstOf(files, file.role.kind);
      if (file.role.kind == FileKind::kOther || taken == &file) continue;
      Unsure(fmt::format("{} looks like {} as {} does, and no query reads it", file.file,
                         NameOf(file.role.kind), taken->file));
    }
    WriteShape();
    WriteGoods();
    WriteCustomers();
    WriteEvents();
    return std::move(tables_);
  }

 private:
  void Add(const std::string& line) { tables_.text += line + "\n"; }
  void Unsure(const std::string& what) {
    Add("# UNSURE: " + what);
    tables_.unsure.push_back(what);
  }
  void Table(std::string_view table, const SuggestedFile* from, const std::string& query,
             const std::string& more = {}) {
    Add(fmt::format("[[tables]]\ntable = \"{}\"", table));
    if (from != nullptr) Add(fmt::format("from = \"{}\"", from->source));
    tables_.text += more;
    Add(fmt::format("query = '''\n{}\n'''\n", query));
  }

  bool HasCodes() const { return customers_ != nullptr && customers_->role.Has(Says::kPostalCode); }

  // One region where codes are not the quickstart's.
  void WriteShape() {
    if (!HasCodes()) return;
    const std::string format = CodeFormat(Texts(*customers_, Says::kPostalCode));
    const bool comma = std::ranges::any_of(
        sales_->guesses, [](const ColumnGuess& guess) { return guess.column.decimal == ","; });
    if (format.empty() || (format == "99999" && !comma)) {
      if (!format.empty()) {
        Unsure(
            "postal codes are taken for those of the United States, and its five regions for the "
            "shop's");
        Add("");
      }
      return;
    }
    one_region_ = true;
    const std::string code = Clean(*customers_, Says::kPostalCode);
    Unsure(
        "everybody is delivered from one place; give the regions that you have, by the beginning "
        "of "
        "the postal code, and your country in place of XX");
    Table("raw.regions", nullptr,
          "SELECT 'Everywhere' AS region, 'Warehouse' AS warehouse_name, 1 AS region_order");
    Table("raw.postal_regions", nullptr,
          fmt::format(
              "SELECT DISTINCT 'XX' AS country, left(upper({0}), 1) AS prefix, 'Everywhere' AS "
              "region\nFROM {1}\nWHERE {0} IS NOT NULL",
              code, customers_->source));
    Table("raw.postal_formats", nullptr,
          fmt::format("SELECT 'XX' AS country, '{}' AS format", format));
  }

  // A category that is spelled in one way.
  std::string Category(const SuggestedFile& file) {
    if (!file.role.Has(Says::kCategory)) return "'all'";
    std::set<std::string> spelled;
    std::set<std::string> folded;
    for (const std::string& text : Texts(file, Says::kCategory)) {
      spelled.insert(text);
      folded.insert(Folded(text));
    }
    const std::string name = Name(file, Says::kCategory);
    if (spelled.size() == folded.size())
      return fmt::format("coalesce({}, 'none')", Clean(file, Says::kCategory));
    Unsure(fmt::format(
        "{}: {} spellings of {} categories; capitals, accents and blanks aside they were "
        "made one",
        file.file, spelled.size(), folded.size()));
    return fmt::format(
        "coalesce(nullif(lower(strip_accents(trim(regexp_replace({}, '\\s+', ' ', 'g')))), ''), "
        "'none')",
        name);
  }

  // Each product once, since sales are joined with it.
  void WriteGoods() {
    const SuggestedFile& file = products_ != nullptr ? *products_ : *sales_;
    const std::string id = Clean(file, Says::kProduct);
    const std::string category = Category(file);
    const auto text = [&](Says says, std::string_view otherwise) {
      return file.role.Has(says) ? fmt::format("coalesce({}, {})", Clean(file, says), otherwise)
                                 : std::string(otherwise);
    };
    std::string price = "0";
    if (file.role.Has(Says::kPrice)) {
      price = Name(file, Says::kPrice);
    } else if (sales_->role.Has(Says::kPaid)) {
      price = PaidPerPiece();
    } else {
      Unsure("no file gives prices; every product costs 0");
    }
    if (products_ == nullptr)
      Unsure("no file of products was recognised; they are those of the sales");
    Add("# Of rows of one product the first.");
    Add(fmt::format(
        "[[steps]]\nname = \"each_product\"\nquery = '''\nSELECT source_line, {0} AS product_id, "
        "{1} AS "
        "product_name,\n       {2} AS category, {3} AS brand,\n       CAST(round({4}, 2) AS "
        "DECIMAL(12,2)) AS "
        "price\nFROM {5}\nWHERE {0} IS NOT NULL\nQUALIFY row_number() OVER (PARTITION BY {0} ORDER "
        "BY "
        "source_line) = 1\n'''\n",
        id, text(Says::kName, id), category, text(Says::kBrand, "NULL"), price, file.source));
    Table("raw.product_categories", nullptr,
          "SELECT DISTINCT category AS category_id, category AS category_name FROM each_product");
    Table("raw.product_catalog", &file,
          "SELECT source_line, product_id, product_name, category AS category_id, category AS "
          "category_name, brand,\n       price, false AS is_perishable\nFROM each_product",
          "at_least = {price = 0}\n");
    const std::string regions =
        one_region_
            ? "(VALUES ('Everywhere')) r(region)"
            : "(VALUES ('Northeast'), ('Southeast'), ('Midwest'), ('South'), ('West')) r(region)";
    Table("raw.inventory", nullptr,
          "SELECT product_id, region, 'Warehouse' AS warehouse_name, 100 AS qty_on_hand, 3 AS "
          "est_delivery_days\nFROM each_product, " +
              regions);
  }

  // Of sales without a list of prices: the median of what was paid for a piece.
  std::string PaidPerPiece() const {
    const std::string paid = Name(*sales_, Says::kPaid);
    const std::string per_piece =
        sales_->role.Has(Says::kQuantity)
            ? fmt::format("abs({} / nullif({}, 0))", paid, Name(*sales_, Says::kQuantity))
            : paid;
    if (products_ == nullptr)
      return fmt::format("median({}) OVER (PARTITION BY {})", per_piece,
                         Clean(*sales_, Says::kProduct));
    return fmt::format(
        "(SELECT median({}) FROM {} s WHERE {} = {})", per_piece, sales_->source,
        "nullif(trim(s." + Name(*sales_, Says::kProduct) + "), '')",
        "nullif(trim(" + products_->source + "." + Name(*products_, Says::kProduct) + "), '')");
  }

  void WriteCustomers() {
    if (customers_ == nullptr) {
      if (!sales_->role.Has(Says::kCustomer)) {
        Unsure("no column says who bought; there are no customers");
        return;
      }
      Unsure("no file of customers was recognised; they are those of the sales");
      Table("raw.customers", nullptr,
            fmt::format("SELECT DISTINCT {0} AS customer_id, 'Bronze' AS loyalty_tier\nFROM "
                        "{1}\nWHERE {0} IS "
                        "NOT NULL",
                        Clean(*sales_, Says::kCustomer), sales_->source));
      return;
    }
    std::string query =
        fmt::format("SELECT source_line, {} AS customer_id", Clean(*customers_, Says::kCustomer));
    if (HasCodes()) query += fmt::format(", {} AS zip_code", Clean(*customers_, Says::kPostalCode));
    if (customers_->role.Has(Says::kSince))
      query += fmt::format(",\n       {} AS customer_since_date", Name(*customers_, Says::kSince));
    Table("raw.customers", customers_,
          fmt::format("{}, 'Bronze' AS loyalty_tier\nFROM {}", query, customers_->source));
  }

  // Whether a number of a receipt comes again on another day, as tills that begin anew each morning give it.
  bool ReceiptsRepeat() const {
    std::map<std::string, std::string> days;
    std::size_t again = 0;
    const auto& receipts = Texts(*sales_, Says::kReceipt);
    const auto& times = Texts(*sales_, Says::kTime);
    for (std::size_t i = 0; i < receipts.size(); ++i) {
      const std::string day = times[i].substr(0, 10);
      if (const auto [at, is_new] = days.emplace(receipts[i], day); !is_new && at->second != day)
        ++again;
    }
    return again * 50 > receipts.size();
  }

  std::string Time() const {
    return sales_->Joins() ? std::string(kJoinedTime) : Name(*sales_, Says::kTime);
  }

  std::string Order() {
    const std::string customer =
        sales_->role.Has(Says::kCustomer) ? Clean(*sales_, Says::kCustomer) : "'?'";
    if (!sales_->role.Has(Says::kReceipt)) {
      Unsure("no column numbers the receipts; what a customer bought at one time is taken for one");
      return fmt::format("{} || '@' || {}", customer, Time());
    }
    const std::string receipt = Clean(*sales_, Says::kReceipt);
    if (!ReceiptsRepeat()) return receipt;
    Unsure("numbers of receipts come again on other days; the day was made part of them");
    return fmt::format("{} || '@' || CAST({} AS DATE)", receipt, Time());
  }

  std::string Quantity() {
    if (!sales_->role.Has(Says::kQuantity)) {
      Unsure("no column says how many pieces; each line is one");
      return "1";
    }
    const std::string name = Name(*sales_, Says::kQuantity);
    if (TypeOf(*sales_, Says::kQuantity) == "INT") return name;
    Unsure("quantities have decimals (weights?); each was rounded up to whole pieces");
    return fmt::format("CAST(ceil({}) AS INTEGER)", name);
  }

  std::string Paid(const std::string& quantity) {
    if (sales_->role.Has(Says::kPaid)) return Name(*sales_, Says::kPaid);
    const std::string price =
        sales_->role.Has(Says::kPrice) ? "o." + Name(*sales_, Says::kPrice) : "goods_price";
    Unsure("no column says what was paid for a line; it is price by quantity");
    return fmt::format("{} * ({})", price, quantity);
  }

  // Of a log of everything that visitors do, the purchases.
  std::string OnlyPurchases() {
    if (!sales_->role.Has(Says::kEvent)) return "";
    std::set<std::string> kinds;
    for (const std::string& text : Texts(*sales_, Says::kEvent)) kinds.insert(text);
    std::vector<std::string> bought;
    for (const std::string& kind : kinds) {
      if (SoundsLikePurchase(kind)) bought.push_back(Literal(kind));
    }
    const std::string name = sales_->role.columns.at(Says::kEvent)->column.name;
    std::vector<std::string> shown(kinds.begin(), kinds.end());
    if (shown.size() > kKindsShown) shown.resize(kKindsShown);
    const std::string values = fmt::format("'{}'", fmt::join(shown, "', '"));
    if (bought.empty()) {
      Unsure(fmt::format(
          "{} says what was done ({}), and nothing of it sounds like a purchase: every row "
          "was taken for one",
          name, values));
      return "";
    }
    Unsure(fmt::format(
        "{} says what was done ({}); of it only {} was taken, and the rest (views, carts) "
        "is left out: give it queries of its own",
        name, values, fmt::join(bought, ", ")));
    return fmt::format("WHERE o.{} IN ({})\n", Quoted(name), fmt::join(bought, ", "));
  }

  void WriteEvents() {
    if (sales_->role.guessed_time)
      Unsure(
          fmt::format("{}: no column is called like a time; {} was taken", sales_->file, Time()));
    const std::string where = OnlyPurchases();
    const std::string order = Order();
    const std::string quantity = Quantity();
    const std::string paid = Paid(quantity);
    const std::string product = Clean(*sales_, Says::kProduct);
    std::string line =
        fmt::format("row_number() OVER (PARTITION BY {} ORDER BY o.source_line)", order);
    std::string event = fmt::format("{} || '-' || {}", order, line);
    if (sales_->role.Has(Says::kLine)) {
      line = Name(*sales_, Says::kLine);
      event = fmt::format("{} || '-' || {}", order, line);
    } else {
      Unsure(
          "no column numbers the lines of a receipt; a row that the export gives twice counts "
          "twice (where it does so, read a step that groups by all columns, with "
          "min(source_line))");
    }
    const std::string customer =
        sales_->role.Has(Says::kCustomer) ? Clean(*sales_, Says::kCustomer) : "NULL";
    Add("# Returns and what nobody or nothing is named in are rejected, and counted so.");
    Table(
        "raw.event_stream", sales_,
        fmt::format(
            "SELECT o.source_line, {event} AS event_id,\n       {customer} AS customer_id, 'V' || "
            "{customer} AS "
            "visitor_id,\n       'pos_purchase' AS event_type, {time} AS event_timestamp, 'Store' "
            "AS channel, 'POS' "
            "AS device_type,\n       {order} AS session_id, {product} AS product_id, "
            "goods_category AS "
            "product_category, goods_price AS product_price,\n       {quantity} AS quantity, "
            "{order} "
            "AS order_id, {line} AS "
            "order_line, {paid} AS line_total,\n       sum({paid}) FILTER (WHERE {quantity} > 0) "
            "OVER (PARTITION BY "
            "{order}) AS order_total\nFROM {source} o\nLEFT JOIN (SELECT product_id AS goods_id, "
            "category AS goods_category, price AS goods_price FROM each_product) g\n  ON "
            "g.goods_id = "
            "nullif(trim(o.{product_name}), '')\n{where}ORDER BY o.source_line",
            fmt::arg("where", where), fmt::arg("event", event), fmt::arg("customer", customer),
            fmt::arg("time", Time()), fmt::arg("order", order), fmt::arg("product", product),
            fmt::arg("quantity", quantity), fmt::arg("line", line), fmt::arg("paid", paid),
            fmt::arg("source", sales_->source),
            fmt::arg("product_name", Name(*sales_, Says::kProduct))),
        "at_least = {quantity = 1}\nrequired = [\"customer_id\", \"product_id\"]\nround = "
        "\"cents\"\n");
  }

  const SuggestedFile* sales_;
  const SuggestedFile* products_;
  const SuggestedFile* customers_;
  bool one_region_ = false;
  SuggestedTables tables_;
};

}  // namespace

bool SuggestedFile::Joins() const {
  return sample.header && role.Has(Says::kClock) && role.Has(Says::kTime) &&
         role.columns.at(Says::kTime)->column.type == "DATE";
}

SuggestedTables SuggestTables(const std::vector<SuggestedFile>& files) {
  return Tables(files).Write(files);
}

std::vector<std::string> SuggestedDefaults(const std::vector<SuggestedFile>& files) {
  std::vector<std::string> defaults = {
      "stock: every product is in stock in every region, 100 pieces, 3 days to deliver",
      "tiers: everybody is Bronze",
      "prices: one for each product, since ever",
  };
  if (FirstOf(files, FileKind::kCustomers) == nullptr)
    defaults.emplace_back("customers: those who bought");
  defaults.emplace_back("events: purchases only, all taken for a shop's till");
  return defaults;
}

}  // namespace aisle::ingest
