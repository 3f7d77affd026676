#include "synth/catalogue.h"

#include "synth/world.h"

namespace aisle::synth {
namespace {

constexpr std::array<std::array<std::string_view, 5>, 6> kBrandNames = {{
    {"NorthStyle", "UrbanThread", "ClassicCo", "TrendLine", "EverWear"},
    {"StridePro", "WalkEasy", "RunFast", "ComfortStep", "TrailBlaze"},
    {"LuxCarry", "DailyGem", "TrendSet", "FineCraft", "StyleVault"},
    {"HomeNest", "CozyLife", "ModernLiv", "PureLinen", "CraftHome"},
    {"GlowUp", "PureSkin", "FreshFace", "NaturalGlow", "LuxBeauty"},
    {"SoundMax", "AudioPeak", "BeatWave", "ClearTone", "BassDrop"},
}};

constexpr std::array<std::string_view, kAdjectives> kAdjectiveNames = {
    "Premium", "Classic", "Modern",    "Essential", "Deluxe",
    "Ultra",   "Pro",     "Signature", "Everyday",  "Performance"};

// "Rain Jacket" for children, not "Jacket": names must be unique across a department.
constexpr std::array<std::array<std::string_view, kNouns>, kCategories> kNounNames = {{
    {"Blouse", "Dress", "Jacket", "Skirt", "Cardigan"},
    {"Shirt", "Polo", "Chinos", "Blazer", "Sweater"},
    {"Tee", "Hoodie", "Shorts", "Romper", "Rain Jacket"},
    {"Runner", "Trainer", "Court Shoe", "Cleats", "Trail Shoe"},
    {"Loafer", "Sneaker", "Sandal", "Boot", "Slip-On"},
    {"Tote", "Crossbody", "Wallet", "Backpack", "Clutch"},
    {"Necklace", "Bracelet", "Ring", "Earrings", "Watch"},
    {"Sheet Set", "Comforter", "Pillow", "Duvet", "Blanket"},
    {"Mug Set", "Cutting Board", "Knife Set", "Pan", "Mixer"},
    {"Moisturizer", "Serum", "Cleanser", "Sunscreen", "Mask"},
    {"Foundation", "Lipstick", "Mascara", "Palette", "Blush"},
    {"Headphones", "Earbuds", "Speaker", "Soundbar", "Turntable"},
}};

constexpr std::array<Category, kCategories> kCategoryList = {{
    {"CAT-001", "Apparel", "Womens Clothing", 0, 25'00, 250'00},
    {"CAT-002", "Apparel", "Mens Clothing", 0, 30'00, 200'00},
    {"CAT-003", "Apparel", "Kids Clothing", 0, 15'00, 80'00},
    {"CAT-004", "Footwear", "Athletic Shoes", 1, 60'00, 200'00},
    {"CAT-005", "Footwear", "Casual Shoes", 1, 40'00, 150'00},
    {"CAT-006", "Accessories", "Bags & Wallets", 2, 30'00, 400'00},
    {"CAT-007", "Accessories", "Jewelry", 2, 20'00, 500'00},
    {"CAT-008", "Home", "Bedding", 3, 50'00, 300'00},
    {"CAT-009", "Home", "Kitchen", 3, 15'00, 200'00},
    {"CAT-010", "Beauty", "Skincare", 4, 15'00, 150'00},
    {"CAT-011", "Beauty", "Makeup", 4, 10'00, 80'00},
    {"CAT-012", "Electronics", "Audio", 5, 30'00, 400'00},
}};

// The quickstart's cities but for Chicago, whose zip codes (606…) would be South by the rule of the
// first digit.
constexpr std::array<City, kCities> kCityList = {{
    {"New York", "NY", "100", domain::Region::kNortheast},
    {"Los Angeles", "CA", "900", domain::Region::kWest},
    {"Minneapolis", "MN", "554", domain::Region::kMidwest},
    {"Houston", "TX", "770", domain::Region::kSouth},
    {"Phoenix", "AZ", "850", domain::Region::kWest},
    {"Dallas", "TX", "752", domain::Region::kSouth},
    {"Seattle", "WA", "981", domain::Region::kWest},
    {"Miami", "FL", "331", domain::Region::kSoutheast},
    {"Atlanta", "GA", "303", domain::Region::kSoutheast},
    {"Denver", "CO", "802", domain::Region::kWest},
}};

constexpr std::array<PromotionPlan, 8> kPlans = {{
    {"SPRING20", "Spring sale", 20, 3, 15, 61},
    {"SUMMER40", "Summer clearance", 40, 7, 1, 31},
    {"BTS25", "Back to school", 25, 8, 5, 35},
    {"BLACKFRI", "Black Friday week", 30, 11, 20, 11},
    {"HOLIDAY15", "Holiday gifts", 15, 12, 1, 25},
    {"NEWYEAR30", "New year sale", 30, 12, 27, 20},
    {"VIPONLY", "For gold and platinum members", 10, 0, 0, 0},
    {"FREESHIP", "Free shipping", 0, 0, 0, 0},
}};

constexpr std::array<std::string_view, 24> kFemale = {
    "Mary",   "Linda", "Susan", "Karen", "Nancy",  "Lisa",  "Betty", "Sandra",
    "Ashley", "Emily", "Donna", "Carol", "Amanda", "Laura", "Anna",  "Olivia",
    "Grace",  "Julia", "Maria", "Helen", "Rachel", "Diana", "Sofia", "Chloe"};
constexpr std::array<std::string_view, 24> kMale = {
    "James",   "Robert", "John",  "Michael", "David", "William", "Thomas", "Daniel",
    "Matthew", "Mark",   "Paul",  "Steven",  "Kevin", "Brian",   "George", "Edward",
    "Jason",   "Ryan",   "Jacob", "Eric",    "Adam",  "Henry",   "Peter",  "Lucas"};
constexpr std::array<std::string_view, 12> kEither = {"Alex",  "Jordan", "Taylor", "Morgan",
                                                      "Casey", "Riley",  "Jamie",  "Avery",
                                                      "Quinn", "Rowan",  "Sage",   "Robin"};
constexpr std::array<std::string_view, 40> kLast = {
    "Smith", "Johnson", "Williams", "Brown",  "Jones",  "Garcia",   "Miller",   "Davis",
    "Lopez", "Wilson",  "Anderson", "Thomas", "Taylor", "Moore",    "Martin",   "Lee",
    "Perez", "White",   "Harris",   "Clark",  "Lewis",  "Robinson", "Walker",   "Young",
    "Allen", "King",    "Wright",   "Scott",  "Torres", "Nguyen",   "Hill",     "Flores",
    "Green", "Adams",   "Nelson",   "Baker",  "Hall",   "Rivera",   "Mitchell", "Carter"};
constexpr std::array<std::string_view, 16> kStreets = {
    "Oak Street",    "Maple Avenue", "Cedar Lane", "Pine Street",  "Elm Street",  "Lake Road",
    "Hill Street",   "Park Avenue",  "River Road", "Main Street",  "High Street", "Mill Lane",
    "Church Street", "Sunset Drive", "Garden Way", "Harbor Street"};
constexpr std::array<std::string_view, 3> kMail = {"example.com", "example.net", "example.org"};

template <std::size_t kCount>
std::string_view Pick(const std::array<std::string_view, kCount>& list, std::size_t pick) {
  return list[pick % kCount];
}

}  // namespace

std::string_view BrandName(int department, int brand) {
  return kBrandNames[static_cast<std::size_t>(department)][static_cast<std::size_t>(brand)];
}
std::string_view Adjective(int index) { return kAdjectiveNames[static_cast<std::size_t>(index)]; }
std::string_view Noun(int category, int index) {
  return kNounNames[static_cast<std::size_t>(category)][static_cast<std::size_t>(index)];
}
const std::array<PromotionPlan, 8>& PromotionPlans() { return kPlans; }
std::string_view FirstName(int gender, std::size_t pick) {
  return gender == 0 ? Pick(kFemale, pick) : gender == 1 ? Pick(kMale, pick) : Pick(kEither, pick);
}
std::string_view LastName(std::size_t pick) { return Pick(kLast, pick); }
std::string_view StreetName(std::size_t pick) { return Pick(kStreets, pick); }
std::string_view MailDomain(std::size_t pick) { return Pick(kMail, pick); }

const std::array<Category, kCategories>& Categories() { return kCategoryList; }
const std::array<City, kCities>& Cities() { return kCityList; }

std::string_view ProductType(std::int64_t cents) {
  return cents < 50'00 ? "daily_staple" : cents < 150'00 ? "mid_range" : "premium";
}

}  // namespace aisle::synth
