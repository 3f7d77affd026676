#include "ingest/file_role.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

namespace aisle::ingest {
namespace {

struct Words {
  Says says;
  std::vector<std::string_view>
      words;  // PlainName of what columns are called, the likeliest first.
};

// In the order in which columns are given away: what an order needs first.
const std::vector<Words>& AllWords() {
  static const std::vector<Words> kWords = {
      {Says::kReceipt,
       {"receipt",   "order id", "order no",  "order number", "order",          "invoice no",
        "invoiceno", "invoice",  "basket id", "basket",       "transaction id", "transaction",
        "ticket",    "bon nr",   "bon",       "belegnr",      "beleg",          "bestellnummer",
        "rechnung",  "commande", "orderid",   "receipt id",   "receipt no",     "receipt number",
        "sale id",   "bill no",  "ticket no", "kassenbon"}},
      {Says::kLine,
       {"line", "line no", "order line", "position", "pos", "item no", "zeile", "ligne", "lineno"}},
      {Says::kCustomer, {"customer id",   "customer",  "customer no",     "customerid",
                         "client id",     "client",    "member id",       "member",
                         "household key", "household", "card no",         "card",
                         "user id",       "user",      "kunden nr",       "kundennummer",
                         "kundennr",      "kunde",     "customer number", "customer code",
                         "account id",    "buyer id",  "shopper id",      "loyalty id"}},
      {Says::kProduct, {"sku",       "product id", "productid",     "item id",   "article no",
                        "article",   "artikel nr", "artikelnummer", "artikelnr", "artikel",
                        "stockcode", "ean",        "gtin",          "upc",       "plu",
                        "product",   "item",       "product code",  "item code", "item number"}},
      {Says::kTime, {"timestamp",     "bought at",
                     "sold at",       "ordered at",
                     "order date",    "invoicedate",
                     "invoice date",  "datetime",
                     "date time",     "date",
                     "day",           "datum",
                     "verkauft am",   "created at",
                     "time",          "event timestamp",
                     "event time",    "transaction date",
                     "purchase date", "sale date",
                     "order time",    "belegdatum",
                     "kaufdatum",     "bestelldatum"}},
      {Says::kClock, {"time", "uhrzeit", "zeit", "clock", "hour", "heure"}},
      {Says::kQuantity,
       {"quantity", "qty", "pieces", "units", "menge", "anzahl", "stueck", "stück", "quantite",
        "quantité"}},
      {Says::kPaid,
       {"paid", "line total", "linetotal", "sales value", "amount", "total", "betrag", "summe",
        "umsatz", "revenue", "montant", "turnover", "line amount", "net amount", "gross amount",
        "price paid", "total price", "gesamtpreis"}},
      {Says::kPrice,
       {"price", "unit price", "unitprice", "list price", "preis", "einzelpreis", "vk preis", "vk",
        "prix"}},
      {Says::kCategory,
       {"category", "category name", "product category", "department", "warengruppe", "kategorie",
        "product group", "group", "categorie", "catégorie", "category id", "category code"}},
      {Says::kName,
       {"product name", "name", "title", "description", "bezeichnung", "artikelname",
        "artikelbezeichnung", "designation", "libelle"}},
      {Says::kEvent, {"event type", "event", "event name", "action", "activity"}},
      {Says::kBrand, {"brand", "marke", "manufacturer", "hersteller", "marque"}},
      {Says::kPostalCode,
       {"zip", "zip code", "zipcode", "postal code", "postcode", "plz", "postleitzahl",
        "code postal"}},
      {Says::kSince,
       {"customer since", "since", "member since", "joined", "signup date", "registered",
        "registered on", "kunde seit", "angelegt am", "created", "created at"}},
  };
  return kWords;
}

// "StockCode" and "stockcode" are one.
std::string WithoutBlanks(std::string text) {
  std::erase(text, ' ');
  return text;
}

bool IsTime(const ColumnGuess& guess) {
  return guess.column.type == "DATE" || guess.column.type == "TIMESTAMP";
}

// Whether what stands in the column can be that at all.
bool May(Says says, const ColumnGuess& guess) {
  switch (says) {
    case Says::kTime:
      return IsTime(guess);
    case Says::kSince:
      return IsTime(guess);
    case Says::kClock:
      return guess.is_clock;
    case Says::kLine:
      return guess.column.type == "INT";
    case Says::kQuantity:
    case Says::kPaid:
    case Says::kPrice:
      return guess.column.type != "TEXT" && !IsTime(guess) && guess.column.type != "BOOLEAN";
    default:
      return !IsTime(guess) && !guess.is_clock;
  }
}

// Sales whose time is called something else have it all the same.
void GuessTime(const std::vector<ColumnGuess>& guesses, const std::set<const ColumnGuess*>& given,
               FileRole& role) {
  const bool sales =
      role.Has(Says::kProduct) && (role.Has(Says::kCustomer) || role.Has(Says::kReceipt));
  if (!sales || role.Has(Says::kTime)) return;
  for (const std::string_view type : {"TIMESTAMP", "DATE"}) {
    for (const ColumnGuess& guess : guesses) {
      if (guess.column.type != type || given.contains(&guess) || role.Has(Says::kTime)) continue;
      role.columns[Says::kTime] = &guess;
      role.guessed_time = true;
    }
  }
}

FileKind KindOf(const FileRole& role) {
  if (role.Has(Says::kProduct) && role.Has(Says::kTime) &&
      (role.Has(Says::kCustomer) || role.Has(Says::kReceipt)))
    return FileKind::kSales;
  if (role.Has(Says::kProduct) && !role.Has(Says::kCustomer) &&
      (role.Has(Says::kName) || role.Has(Says::kPrice) || role.Has(Says::kCategory)))
    return FileKind::kProducts;
  if (role.Has(Says::kCustomer) && !role.Has(Says::kProduct) && !role.Has(Says::kReceipt))
    return FileKind::kCustomers;
  return FileKind::kOther;
}

}  // namespace

std::string_view NameOf(FileKind kind) {
  switch (kind) {
    case FileKind::kSales:
      return "sales";
    case FileKind::kProducts:
      return "products";
    case FileKind::kCustomers:
      return "customers";
    case FileKind::kOther:
      break;
  }
  return "other";
}

std::string PlainName(std::string_view name) {
  std::string plain;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || (c & 0x80) != 0) {
      // "CustomerID" is two words.
      const bool begins =
          i > 0 && std::isupper(byte) && std::islower(static_cast<unsigned char>(name[i - 1]));
      if (begins) plain += ' ';
      plain += static_cast<char>(std::tolower(byte));
    } else if (!plain.empty() && plain.back() != ' ') {
      plain += ' ';
    }
  }
  while (plain.ends_with(' ')) plain.pop_back();
  return plain;
}

FileRole FindRole(const std::vector<ColumnGuess>& guesses) {
  FileRole role;
  std::set<const ColumnGuess*> given;
  for (const auto& [says, words] : AllWords()) {
    const ColumnGuess* found = nullptr;
    for (const std::string_view word : words) {
      for (const ColumnGuess& guess : guesses) {
        if (found == nullptr && !given.contains(&guess) && May(says, guess) &&
            WithoutBlanks(PlainName(guess.column.name)) == WithoutBlanks(std::string(word)))
          found = &guess;
      }
    }
    if (found == nullptr) continue;
    given.insert(found);
    role.columns[says] = found;
  }
  GuessTime(guesses, given, role);
  role.kind = KindOf(role);
  return role;
}

}  // namespace aisle::ingest
