"""A model service as Python programs have it: FastAPI, pandas and XGBoost, one worker. The other side of
bench/predict_beside_python.py, which starts it by uvicorn.

    MODEL_FILE=model.json MODEL_IMPL=frame|lean uvicorn python_model_service:app

frame: a DataFrame, XGBClassifier.predict_proba, records: how a generic model server does it. lean: a numpy array,
Booster.inplace_predict and one list: as little as FastAPI and Python's own json allow. One thread of XGBoost.
"""
import json, os

import numpy, pandas, xgboost
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

lean = os.environ.get("MODEL_IMPL", "frame") == "lean"
model = xgboost.XGBClassifier(n_jobs=1)
model.load_model(os.environ["MODEL_FILE"])
booster = model.get_booster()
booster.set_param({"nthread": 1})
app = FastAPI(docs_url=None, redoc_url=None)


@app.get("/livez")
def alive():
    return {"status": "alive"}


@app.post("/predict")
async def predict(request: Request):
    rows = (await request.json())["data"]
    if lean:
        values = numpy.array(rows, dtype=numpy.float32)
        chance = booster.inplace_predict(values[:, 1:], validate_features=False).tolist()
        data = [[row[0], {"output_feature_0": 1 - p, "output_feature_1": p}] for row, p in zip(rows, chance)]
        return Response(json.dumps({"data": data}), media_type="application/json")
    frame = pandas.DataFrame([row[1:] for row in rows], columns=booster.feature_names, dtype="float32")  # A null is NaN.
    both = pandas.DataFrame(model.predict_proba(frame), columns=["output_feature_0", "output_feature_1"])
    return JSONResponse({"data": [[row[0], record] for row, record in zip(rows, both.to_dict("records"))]})
