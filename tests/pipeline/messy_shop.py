"""A small shop with the exports that small shops have: 300 customers, 120 products, eighty days of receipts.

Everything that a first hour trips over is in them, and on purpose: a mark before the header, CRLF, semicolons and decimal
commas, day-first dates with the clock in a column of its own, umlauts in windows-1252, ten categories in 38 spellings, blanks
around ids, returns, rows that stand there twice, sales without a customer, totals by thousands, lines cut short.

    python3 tests/pipeline/messy_shop.py FOLDER

The same rows on every machine: no library's generator is asked. What customers like is real in the sense that they come back
to a few products of two categories each, so that a list can be judged."""
import datetime
import pathlib
import sys

CUSTOMERS, PRODUCTS, DAYS = 300, 120, 80
LAST_DAY = datetime.date(2026, 6, 30)
CATEGORIES = {  # Ten, in 38 spellings.
    "Käse": ["Käse", "KÄSE", "käse ", "Kase"],
    "Brot": ["Brot", "brot", " Brot", "BROT"],
    "Obst": ["Obst", "obst", "OBST ", "Obst "],
    "Gemüse": ["Gemüse", "gemüse", "Gemuse", "GEMÜSE"],
    "Kaffee & Tee": ["Kaffee & Tee", "kaffee & tee", "Kaffee  & Tee", "KAFFEE & TEE"],
    "Wein": ["Wein", "wein", "WEIN", "Wein "],
    "Süßes": ["Süßes", "süßes", "Süßes ", " Süßes"],
    "Milch": ["Milch", "milch", "MILCH"],
    "Fleisch": ["Fleisch", "fleisch", "FLEISCH", "Fleisch "],
    "Haushalt": ["Haushalt", "haushalt", "HAUSHALT"],
}


class Dice:
    """A generator whose numbers are the same everywhere and always."""

    def __init__(self, seed):
        self.state = seed

    def below(self, count):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % count

    def of(self, list_):
        return list_[self.below(len(list_))]

    def chance(self, percent):
        return self.below(100) < percent


def money(cents, thousands=False):
    """1234.5 as people here write it: 1234,50 or 1.234,50."""
    sign, cents = ("-" if cents < 0 else ""), abs(cents)
    whole = f"{cents // 100:,}".replace(",", ".") if thousands else str(cents // 100)
    return f"{sign}{whole},{cents % 100:02d}"


def products(dice):
    names = list(CATEGORIES)
    rows = []
    for number in range(PRODUCTS):
        category = names[number % len(names)]
        rows.append({"sku": f"A{number:04d}", "name": f"{category} Nr. {number // 10 + 1}", "category": category,
                     "cents": 79 + dice.below(900) + (110000 if number == 55 else 0)})
    return rows


def customers(dice, goods):
    """Everybody comes back to six products of two categories."""
    rows = []
    for number in range(CUSTOMERS):
        liked = [number % 10, (number // 10 + 3) % 10]
        mine = [good for good in goods if int(good["sku"][1:]) % 10 in liked]
        rows.append({"id": f"K{number + 1:05d}", "liked": [dice.of(mine) for _ in range(6)],
                     "every": 4 + dice.below(12), "zip": f"{10115 + 37 * number % 800:05d}"})
    return rows


def sales(dice, goods, people):
    """One dict a line of a receipt, in the order of time."""
    lines, receipt = [], 100000
    for day in range(DAYS):
        date = LAST_DAY - datetime.timedelta(days=DAYS - 1 - day)
        for number, person in enumerate(people):
            if (day + number) % person["every"] != 0 or dice.chance(15):
                continue
            receipt += 1
            clock = f"{8 + dice.below(11):02d}:{dice.below(60):02d}"
            for position in range(1, 2 + dice.below(4)):
                good = dice.of(person["liked"]) if dice.chance(80) else dice.of(goods)
                pieces = 1 + (dice.below(3) if dice.chance(25) else 0)
                if dice.chance(2):
                    pieces = -1  # A return.
                lines.append({"receipt": receipt, "position": position, "date": date, "clock": clock, "customer": person["id"],
                              "good": good, "pieces": pieces})
    return lines


def sale_line(dice, line):
    customer = "" if dice.chance(3) else line["customer"]
    sku = line["good"]["sku"] + (" " if dice.chance(5) else "")
    date = line["date"].strftime("%d.%m.%Y")
    total = money(line["good"]["cents"] * line["pieces"], thousands=True)
    return ";".join([str(line["receipt"]), str(line["position"]), date, line["clock"], customer, sku, str(line["pieces"]), total])


def write(folder):
    """Writes the exports; gives what is true of them: customers with the skus they like, and counts."""
    dice = Dice(20260630)
    goods = products(dice)
    people = customers(dice, goods)
    lines = sales(dice, goods, people)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)

    table = ["Artikel-Nr;Bezeichnung;Warengruppe;Preis"]
    used = {name: 0 for name in CATEGORIES}
    for good in goods:
        spellings = CATEGORIES[good["category"]]
        spelled = spellings[used[good["category"]] % len(spellings)]
        used[good["category"]] += 1
        table.append(f"{good['sku']};{good['name']};{spelled};{money(good['cents'])}")
    table += table[5:8]  # Rows that stand there twice.
    (folder / "artikel.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(table + [""]).encode())

    table = ["Kunden-Nr;Name;PLZ;Kunde seit"]
    for number, person in enumerate(people):
        since = LAST_DAY - datetime.timedelta(days=200 + 5 * number)
        table.append(f"{person['id']};Frau Müller-{number};{person['zip']};{since.strftime('%d.%m.%Y')}")
    table.append(table[7])
    (folder / "kunden.csv").write_bytes("\r\n".join(table + [""]).encode("cp1252"))

    header = "Bon-Nr;Position;Datum;Uhrzeit;Kunden-Nr;Artikel-Nr;Menge;Betrag"
    cut = len(lines) // 2
    bad = 0
    for name, part in (("verkauf_2026_1.csv", lines[:cut]), ("verkauf_2026_2.csv", lines[cut:])):
        table = [header]
        for index, line in enumerate(part):
            table.append(sale_line(dice, line))
            if index % 400 == 100:
                table.append(table[-1])  # The same row again.
            if index % 1000 == 300:
                table.append("Summe;;;;;;;gesamt")
                bad += 1
            if index % 1500 == 700:
                table.append(table[-2][:19])  # Cut short.
                bad += 1
        (folder / name).write_bytes(b"\xef\xbb\xbf" + "\r\n".join(table + [""]).encode())
    return {"people": people, "lines": len(lines), "bad": bad, "returns": sum(line["pieces"] < 0 for line in lines)}


if __name__ == "__main__":
    print({key: value for key, value in write(sys.argv[1]).items() if key != "people"})
