"""Recommendations as the published reference has them, in Python: FastAPI, three look-ups in Postgres side by side, pair
inputs by numpy, a model service over HTTP, a blend. The other side of bench/recommend_beside_python.py, which starts it
by uvicorn on the tables of `aisle store load`.

    MODE=service|inline MODEL_URL=... MODEL_FILE=... BLEND=0.3 uvicorn python_orchestrator:app      and libpq's PG... variables

service: as the reference does it, product dictionaries and all. inline: as lean as Python allows: arrays that were made at
the start, the model in this process, one thread of it.
"""
import concurrent.futures, json, os, threading, time

import numpy, psycopg2
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

INPUTS = ["age", "tenure_months", "loyalty_tier_num", "total_orders", "lifetime_spend", "avg_order_value", "days_since_purchase",
          "engagement_score", "avg_browsed_price"]
FEATURES = f"SELECT {', '.join(INPUTS)} FROM aisle.customer_features WHERE customer_id = %s"
PROPENSITY = "SELECT category_id, propensity_score FROM aisle.customer_propensity WHERE customer_id = %s"
INVENTORY = "SELECT product_id, qty_on_hand, est_delivery_days FROM aisle.inventory WHERE region = %s"
REGIONS = ["Northeast", "Southeast", "Midwest", "South", "West"]  # Two first digits each.
inline = os.environ["MODE"] == "inline"
blend = float(os.environ.get("BLEND", "0.3"))
threads = concurrent.futures.ThreadPoolExecutor(3)
own = threading.local()  # A connection and a session for each thread.
app = FastAPI(docs_url=None, redoc_url=None)


def rows(sql, key):
    if not hasattr(own, "connection"):
        own.connection = psycopg2.connect("")
        own.connection.autocommit = True
    with own.connection.cursor() as cursor:
        cursor.execute(sql, (key,))
        return cursor.fetchall()


def number(value):
    return numpy.nan if value is None else float(value)


products = {row[0]: dict(zip(("name", "category_id", "category", "department", "price", "is_perishable"), row[1:])) for row in
            rows("SELECT product_id, product_name, category_id, category_name, department, price, is_perishable FROM "
                 "aisle.product_catalog WHERE %s", True)}
for product in products.values():
    product["tier"] = 0 if product["price"] < 50 else 1 if product["price"] < 150 else 2
if inline:
    import xgboost
    booster = xgboost.Booster(model_file=os.environ["MODEL_FILE"])
    booster.set_param({"nthread": 1})
    categories = sorted({product["category_id"] for product in products.values()})
    last = max(products) + 1
    price, tier, perishable, category = (numpy.zeros(last, kind) for kind in (numpy.float32, numpy.float32, numpy.float32, numpy.int32))
    for id, product in products.items():
        price[id], tier[id], perishable[id] = product["price"], product["tier"], product["is_perishable"]
        category[id] = categories.index(product["category_id"])
else:
    import requests


def matrix(customer, prices, tiers, perishables):
    browsed = max(customer[8], 1.0) if customer[8] == customer[8] else numpy.nan
    spent = max(customer[5], 1.0) if customer[5] == customer[5] else numpy.nan
    pairs = [prices, tiers, perishables, prices / browsed, numpy.minimum(prices / spent, 5)]
    return numpy.column_stack([numpy.full(len(prices), value) for value in customer] + pairs).astype(numpy.float32)


def score_by_service(customer, stock):
    prices = numpy.array([products[id]["price"] for id, _, _ in stock])
    tiers = numpy.array([products[id]["tier"] for id, _, _ in stock], dtype=float)
    perishables = numpy.array([products[id]["is_perishable"] for id, _, _ in stock], dtype=float)
    made = matrix(customer, prices, tiers, perishables)
    body = {"data": [[i] + [None if v != v else v for v in row] for i, row in enumerate(made.tolist())]}
    if not hasattr(own, "session"):
        own.session = requests.Session()
    answer = own.session.post(os.environ["MODEL_URL"], json=body, timeout=30)
    answer.raise_for_status()
    return numpy.array([features["output_feature_1"] for _, features in answer.json()["data"]])


def recommend(customer_id, zip_code, top_n):
    began = time.perf_counter()
    region = REGIONS[int(zip_code[0]) // 2]
    asked = [threads.submit(rows, *question) for question in ((FEATURES, customer_id), (PROPENSITY, customer_id), (INVENTORY, region))]
    (features,), propensity, stock = (question.result() for question in asked)
    looked_up = time.perf_counter()
    customer = [number(value) for value in features]
    chance_of = dict(propensity)
    if inline:
        there = numpy.array(stock, dtype=numpy.int64)
        ids = there[:, 0]
        score = booster.inplace_predict(matrix(customer, price[ids], tier[ids], perishable[ids]), validate_features=False)
        chance = numpy.array([chance_of.get(name, 0.5) for name in categories])[category[ids]]
    else:
        score = score_by_service(customer, stock)
        chance = numpy.array([chance_of.get(products[id]["category_id"], 0.5) for id, _, _ in stock])
    final = (1 - blend) * score + blend * chance
    best = numpy.argpartition(final, -top_n)[-top_n:]
    best = best[numpy.argsort(-final[best])]
    shown = []
    for rank, at in enumerate(best.tolist(), 1):
        id, quantity, days = stock[at]
        product = products[id]
        shown.append({"rank": rank, "product_id": id, "product_name": product["name"], "category": product["category"],
                      "department": product["department"], "price": product["price"], "score": round(float(final[at]), 4),
                      "in_stock_qty": quantity, "est_delivery_days": days})
    ended = time.perf_counter()
    return {"customer_id": customer_id, "zip_code": zip_code, "region": region, "recommendations": shown,
            "timings": {"candidates": len(stock), "look_ups_ms": 1e3 * (looked_up - began), "total_ms": 1e3 * (ended - began)}}


@app.get("/livez")
def alive():
    return {"status": "alive"}


@app.get("/recommend")
async def answer(request: Request):
    given = request.query_params
    found = await run_in_threadpool(recommend, int(given["customer_id"]), given.get("zip_code", "10001"), int(given.get("top_n", "5")))
    return Response(json.dumps(found), media_type="application/json")
