#!/usr/bin/env python3
"""Writes the Parquet files beside it: a column for each type of the format, as pyarrow 26.0.1 writes them.

They are kept, so that no test needs pyarrow: `python3 -m venv v && v/bin/pip install pyarrow==26.0.1 && v/bin/python
write_parquet.py`. Columns are named by their type; the last row is missing everywhere. src/batch/ingest/parquet_types_test.cc
reads each column as each type of ours and holds docs/PARQUET_TYPES.md to what comes out.

What pyarrow does not write is made by changing one value of a file's end: BSON is marked as JSON but for the mark, Impala's
times are INT96 but for the writer's name."""
import datetime
import decimal
import pathlib
import uuid

import numpy
import pyarrow
import pyarrow.parquet

FOLDER = pathlib.Path(__file__).parent
assert pyarrow.__version__ == "26.0.1", pyarrow.__version__


def write(name, columns, **options):
    """columns: (name, type, values); each gets a missing value at its end."""
    arrays = [pyarrow.array([*values, None], kind) for _, kind, values in columns]
    table = pyarrow.table(arrays, names=[column for column, _, _ in columns])
    # Without the Arrow schema in the footer, so that a file is what any other writer's is.
    pyarrow.parquet.write_table(table, FOLDER / name, store_schema=False, compression="none", **options)


def replace(source, target, changes):
    data = (FOLDER / source).read_bytes()
    for was, now in changes:
        assert len(was) == len(now) and data.count(was) == 1, (source, was, data.count(was))
        data = data.replace(was, now)
    (FOLDER / target).write_bytes(data)


def cents(text):
    return decimal.Decimal(text)


noon = datetime.datetime(2025, 1, 10, 12, 0, 0, 123000)
july = datetime.datetime(2025, 7, 10, 12)
columns = [("BOOLEAN", pyarrow.bool_(), [True, False])]
for bits in (8, 16, 32, 64):
    columns.append((f"INT({bits})", getattr(pyarrow, f"int{bits}")(), [1, -(2 ** (bits - 1))]))
for bits in (8, 16, 32, 64):
    columns.append((f"UINT({bits})", getattr(pyarrow, f"uint{bits}")(), [1, 2 ** bits - 1]))
columns += [
    ("FLOAT16", pyarrow.float16(), [numpy.float16(100), numpy.float16(0.5)]),
    ("FLOAT", pyarrow.float32(), [17850.0, 19.99]),
    ("DOUBLE", pyarrow.float64(), [17850.0, 19.99]),
    ("DOUBLE, sums and more", pyarrow.float64(), [0.1 + 0.2, 3.333]),
    ("DOUBLE, large", pyarrow.float64(), [12345678901234567.0, 1e300]),
    ("DOUBLE, not finite", pyarrow.float64(), [float("nan"), float("inf")]),
    ("DECIMAL(38,2)", pyarrow.decimal128(38, 2), [cents("1.25"), cents("17850.00")]),
    ("DECIMAL(38,10)", pyarrow.decimal128(38, 10), [cents("1.2550000000"), cents("17850.0000000000")]),
    ("DECIMAL(50,2)", pyarrow.decimal256(50, 2), [cents("1.25"), cents("17850.00")]),
    ("STRING", pyarrow.string(), ["17850.0", "Café"]),
    ("STRING of a time", pyarrow.string(), ["2025-01-10 12:00:00", "2025-01-10"]),
    ("JSON", pyarrow.json_(), ['{"a": 1}', "1"]),
    ("UUID", pyarrow.uuid(), [uuid.UUID(int=5).bytes, uuid.UUID(int=7).bytes]),
    ("BYTE_ARRAY", pyarrow.binary(), ["Café".encode(), b"\xff\xfe"]),
    ("FIXED_LEN_BYTE_ARRAY", pyarrow.binary(4), [b"2.50", b"\xff\xfe01"]),
    ("DATE", pyarrow.date32(), [datetime.date(2025, 1, 10), datetime.date(1969, 7, 20)]),
    ("TIME(ms)", pyarrow.time32("ms"), [datetime.time(10), datetime.time(23, 59, 59)]),
    ("TIME(us)", pyarrow.time64("us"), [datetime.time(10), datetime.time(23, 59, 59)]),
    ("TIME(ns)", pyarrow.time64("ns"), [datetime.time(10), datetime.time(23, 59, 59)]),
]
for unit in ("ms", "us", "ns"):
    columns.append((f"TIMESTAMP({unit})", pyarrow.timestamp(unit), [noon, july]))
    columns.append((f"TIMESTAMP({unit}), UTC", pyarrow.timestamp(unit, "UTC"), [noon, july]))
columns += [
    ("LIST", pyarrow.list_(pyarrow.string()), [["a", "b"], []]),
    ("MAP", pyarrow.map_(pyarrow.string(), pyarrow.int32()), [[("a", 1)], []]),
    ("STRUCT", pyarrow.struct([("a", pyarrow.int32())]), [{"a": 1}, {"a": 2}]),
    ("NULL", pyarrow.null(), [None, None]),
]
write("types.parquet", columns, version="2.6")
write("int96.parquet", [("INT96", pyarrow.timestamp("ns"), [noon, july])], use_deprecated_int96_timestamps=True)
replace("int96.parquet", "int96_impala.parquet",
        [(b"parquet-cpp-arrow version 26.0.1", b"impala version 4.4.0-RELEASE    ")])
write("decimal_in_integers.parquet", [("DECIMAL(9,2) in INT32", pyarrow.decimal128(9, 2), [cents("1.25"), cents("-7.00")]),
                                      ("DECIMAL(18,4) in INT64", pyarrow.decimal128(18, 4),
                                       [cents("1.2500"), cents("1.2550")])], store_decimal_as_integer=True)
# In Thrift's compact protocol: the converted type JSON (19) and BSON (20), then the logical one, fields 12 and 13 of a union.
write("bson.parquet", [("BSON", pyarrow.json_(), ["{}", "1"])])
replace("bson.parquet", "bson.parquet", [(b"BSON\x25\x26\x4c\xcc\x00\x00", b"BSON\x25\x28\x4c\xdc\x00\x00")])
