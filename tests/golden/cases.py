"""Requests that are refused, and those beside them that are not: what the tests of engines/web and online/api ask, and more.

Each function asks one server and records its answers in one section."""


def _raw(line, *fields, body=b""):
    return "\r\n".join([line, *fields, "", ""]).encode("latin-1") + body


CUSTOMER_IDS = ["-1", "1.5", "9223372036854775808", "abc", "", "1e6", "%D9%A1", "0", "9223372036854775807", "+5", "%2B5", "5%20",
                "0x5", "01000000", "-0", "%00", "%zz", "%ff", "99999999999999999999999", "x" * 60]
TOP_NS = ["0", "-1", "-3", "101", "ten", "five", "2.5", "NaN", "1e2", "", "+5", "%2B5", "5%20", "0x5", "99999999999999999999", "007",
          "1", "100", "inf"]
ZIP_CODES = ["1000", "100011", "1000a", "1000x", "", "10001%20", "%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1", "K1A%200B1", "SW1A1AA", "10001-1234",
             "00000", "99999", "00501"]
STRICTS = ["yes", "TRUE", "1", "", "true", "false"]


def queries(server, section):
    """GET /recommend with every wrong parameter, and the borders of the right ones."""
    get = "/recommend?customer_id=1000000"
    for value in CUSTOMER_IDS:
        server.get(section, f"/recommend?customer_id={value}&top_n=1")
    for value in TOP_NS:
        server.get(section, f"{get}&top_n={value}")
    for value in ZIP_CODES:
        server.get(section, f"{get}&top_n=1&zip_code={value}")
    for value in STRICTS:
        server.get(section, f"{get}&top_n=1&strict={value}")
    for rest in ("", "?", "?zip_code=10001", "?top_n=5", "?customer_id", "?customer_id=", "?=1", "?&", "?customer_id=1&&top_n=1",
                 "?customer_id=5&zip_code=10001&strict=true", "?customer_id=5&zip_code=10001&top_n=1", "?customer_id=5&top_n=1",
                 "?customer_id=1&top_n=0&zip_code=x", "?zip_code=x&top_n=0", "?customer_id=1;top_n=1", "?customer_id=1#top_n=1",
                 "?customer%5Fid=1000000&top_n=1", "?CUSTOMER_ID=1"):
        server.get(section, "/recommend" + rest)
    for rest in ("colour=red", "topn=5", "zip=10001", "customer_id=1", "top_n=1&top_n=1", "zip_code=10001&zip_code=10001",
                 "strict=true&strict=true", "colour=red&colour=red", "%ff=1", "a%00b=1", "%C3%A4=1", "x" * 80 + "=1", "x=" + "y" * 80):
        server.get(section, f"{get}&{rest}")


def bodies(server, section):
    """POST /recommend: one customer in the body."""
    post = lambda body, target="/recommend", **more: server.post(section, target, body, **more)
    post('{"customer_id": 1000001, "zip_code": "90001", "top_n": 10}')
    post('{"top_n": 7, "customer_id": 1000000, "zip_code": "10001", "strict": true}')
    post('{"customer_id": 5}', "/recommend?strict=true")
    post('{"customer_id": 5, "strict": false}', "/recommend?strict=true")
    for value in ("0", "-1", "101", '"5"', "2.5", "1e2", "5.0", "null", "true", "[]", "{}", "99999999999999999999999", "1", "100"):
        post(f'{{"customer_id": 1000000, "top_n": {value}}}')
    for value in ("-1", "1.5", "9223372036854775808", '"1"', '"1000000"', "null", "1e6", "{}", "[1]", "99999999999999999999999", "-0",
                  "0", "18446744073709551616", "true"):
        post(f'{{"customer_id": {value}, "top_n": 1}}')
    for value in ("10001", '"1000"', '"1000a"', '""', "null", '"1000\\u0000"', '"\\u0661\\u0661\\u0661\\u0661\\u0661"', '"K1A 0B1"',
                  "[]", "true", '"00000"', '"' + "1" * 90 + '"'):
        post(f'{{"customer_id": 1000000, "top_n": 1, "zip_code": {value}}}')
    for value in ('"true"', "1", "null", "true", "false"):
        post(f'{{"customer_id": 1000000, "top_n": 1, "strict": {value}}}')
    for body in ('{"customer_id": 1, "colour": "red"}', '{"customer_id": 1, "zip": "10001"}', '{"customer_id": 1, "customer_id": 1}',
                 '{"customer_id": 1, "top_n": 1, "top_n": 2}', '{"a": {"b": 1, "b": 2}}', '{"top_n": 0}', "{}", "", "  \r\n", "7", "[]",
                 "null", '"text"', "true", '{"customer_id": 1', '{"customer_id": 1)', '{"customer_id": 1}}', '{"customer_id": 1} {}',
                 '{"customer_id": NaN}', '{"customer_id": x}', "{customer_id: 1}", "{'customer_id': 1}", '{"customer_id": 1,}',
                 '{"customer_id": 01}', '{"customer_id": 1 /* one */}', '\ufeff{"customer_id": 1}', '{"customer_id":\t1000000,"top_n":1}',
                 '{"' + "x" * 80 + '": 1}', '{"zip_code": "\\ud800", "customer_id": 1}', '{"zip_code": "\\x", "customer_id": 1}'):
        post(body)
    post(b"\xff", show="(a byte that is no UTF-8)")
    post(b'{"customer_id": 1, "zip_code": "\xff"}', show="(a text that is no UTF-8)")
    post(b'{"customer_id": 1}\0', show="(a zero byte after the value)")
    post("[" * 50_000, show="(50,000 opening brackets)")
    post('{"a":' * 40 + "1" + "}" * 40, show="(objects 40 deep)")
    post('{"customer_id": 1}' + " " * 1_100_000, show="(more than the body may have)")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "", "application/jsonp", "text/json"):
        post("{}", kind=kind)
    for kind in ("application/json; charset=utf-8", "APPLICATION/JSON", "application/json;charset=latin-1", "application/problem+json"):
        post('{"customer_id": 1000000, "top_n": 1}', kind=kind)
    for query in ("customer_id=1", "top_n=1", "strict=yes", "strict=true&strict=true", "colour=red", "strict=", "zip_code=10001"):
        post('{"customer_id": 1000000, "top_n": 1}', f"/recommend?{query}")


def batches(server, section):
    """POST /recommend: rows, as a warehouse's external function sends them."""
    post = lambda body, target="/recommend", **more: server.post(section, target, body, **more)
    post('{"data": [[0, {"customer_id": 1000000, "zip_code": "10001"}], [1, {"customer_id": 1, "top_n": 0}], '
         '[7, {"customer_id": 5, "strict": true}], [7, {"customer_id": 1000002}]]}')
    post('{"data": [[5, {"customer_id": 1}], [3, {"customer_id": 1, "colour": 0}], [3, {}], [4, {"customer_id": "x"}], '
         '[9223372036854775807, {"customer_id": 1000003, "top_n": 2, "zip_code": "1"}]]}')
    post('{"data": [[0, {"customer_id": 5}], [1, {"customer_id": 1000000, "top_n": 1}]]}', "/recommend?strict=true")
    for body in ('{"data": []}', '{"data": {}}', '{"data": null}', '{"data": "x"}', '{"data": [7]}', '{"data": [[]]}',
                 '{"data": [[0, {"customer_id": 1}], [1]]}', '{"data": [["0", {}]]}', '{"data": [[-1, {}]]}', '{"data": [[0.5, {}]]}',
                 '{"data": [[0, 1000000]]}', '{"data": [[0, {}, 1]]}', '{"data": [[0, [1]]]}', '{"data": [], "customer_id": 1}',
                 '{"customer_id": 1, "data": []}', '{"data": [], "data": []}', '{"data": [[0, {"customer_id": 1, "customer_id": 1}]]}',
                 '{"data": [[0, {"customer_id": 1000000, "top_n": 1}]', '{"Data": []}'):
        post(body)
    row = '[0, {"customer_id": 1}]'
    post('{"data": [' + ",".join([row] * 5000) + "]}", show="(5,000 rows)")
    post('{"data": [' + ",".join(f'[{i}, {{"customer_id": {1000000 + i}, "top_n": 1}}]' for i in range(40)) + "]}")


def framing(server, section):
    """What is wrong before a route is reached: methods, paths, hosts, origins, lengths, and what is no HTTP at all."""
    send = lambda name, data, **more: server.send(section, name, data, **more)
    host = "Host: localhost"
    for target in ("/nowhere", "/recommend/", "/Recommend", "//recommend", "/recommend/1", "/health/", "/healthz", "/index.html", "/..",
                   "/%72eadyz", "/a%zz", "/a%00", "/%ff", "/?a=1", "/health?a=1", "/livez?x", "/readyz?x=%zz"):
        server.get(section, target)
    for method in ("HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW", "get"):
        for path in ("/recommend?customer_id=1000000&top_n=1", "/health", "/livez", "/readyz", "/", "/nowhere"):
            send(f"{method} {path}", _raw(f"{method} {path} HTTP/1.1", host, "Content-Length: 0"))
    for name in ("localhost", "localhost:1", "127.0.0.1", "[::1]", "evil.example", "localhost.evil.example", "10.0.0.1", "LOCALHOST", "0.0.0.0"):
        send(f"GET /livez, Host: {name}", _raw("GET /livez HTTP/1.1", f"Host: {name}"))
    for origin in ("http://localhost", "https://localhost:8443", "http://127.0.0.1", "http://evil.example", "null", "localhost",
                   "file://", "http://localhost.evil.example"):
        send(f"GET /livez, Origin: {origin}", _raw("GET /livez HTTP/1.1", host, f"Origin: {origin}"))
        send(f"POST /recommend, Origin: {origin}", _raw("POST /recommend HTTP/1.1", host, f"Origin: {origin}",
                                                       "Content-Type: application/json", "Content-Length: 2", body=b"{}"))
    for fields in (("Content-Length: 1", "Content-Length: 1"), ("Content-Length: 1", "Content-Length: 2"), ("Content-Length: 1, 1",),
                   ("Content-Length: +1",), ("Content-Length: -1",), ("Content-Length: 99999999999999999999999",),
                   ("Content-Length: 1048577",), ("Content-Length: 3", "Transfer-Encoding: chunked"),
                   ("Transfer-Encoding: chunked", "Content-Length: 3"), ("Transfer-Encoding: gzip",), ("Transfer-Encoding: gzip, chunked",),
                   ("Transfer-Encoding: identity",), ("Expect: a miracle",), ("Host: localhost",), ("A: b", " c"), ("A : b",), ("A b",),
                   (": b",), ("A: \x01",)):
        send(f"POST /recommend, {', '.join(fields)}", _raw("POST /recommend HTTP/1.1", host, "Content-Type: application/json", *fields))
    send("POST /recommend in chunks", _raw("POST /recommend HTTP/1.1", host, "Content-Type: application/json",
                                           "Transfer-Encoding: chunked", body=b'2\r\n{"\r\n1f;a=b\r\ncustomer_id": 1000000, "top_n":\r\n3\r\n 1}\r\n0\r\nT: t\r\n\r\n'))
    for name, chunks in (("no size", b"zz\r\n"), ("too long a size", b"2\r\nabc"), ("negative", b"-1\r\n"), ("bare line feed", b"1\na\r\n"),
                         ("too large", b"200000\r\n")):
        send(f"POST /recommend in chunks: {name}", _raw("POST /recommend HTTP/1.1", host, "Content-Type: application/json",
                                                        "Transfer-Encoding: chunked", body=chunks))
    send("POST /recommend that waits for 100", _raw("POST /recommend HTTP/1.1", host, "Content-Type: application/json", "Content-Length: 36",
                                                    "Expect: 100-continue", body=b'{"customer_id": 1000000, "top_n": 1}'))
    for name, data in (("no Host", b"GET / HTTP/1.1\r\n\r\n"), ("empty Host", b"GET / HTTP/1.1\r\nHost:\r\n\r\n"),
                       ("nonsense", b"nonsense\r\n\r\n"), ("a TLS hello", b"\x16\x03\x01 hello\r\n\r\n"), ("no version", b"GET /\r\n\r\n"),
                       ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), ("HTTP/1.2", b"GET / HTTP/1.2\r\nHost: localhost\r\n\r\n"),
                       ("HTTP/1.0", b"GET /livez HTTP/1.0\r\n\r\n"), ("a whole URL", b"GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                       ("OPTIONS *", b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                       ("a zero byte", b"GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n"), ("two empty lines", b"\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
                       ("long target", b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                       ("very long target", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                       ("long field", b"GET / HTTP/1.1\r\nA: " + b"a" * 100_000 + b"\r\n\r\n"),
                       ("many fields", b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 200 + b"\r\n")):
        send(name, data, with_id=False)
    for name, data in (("ends in the request line", b"GET /liv"), ("ends in the head", b"GET /livez HTTP/1.1\r\nHost: loc"),
                       ("ends in the body", b"POST /recommend HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nab")):
        send(name, data, with_id=False, finish=True)
    for given in ("order-7.b_2", "with space", "a" * 64, "a" * 65, ""):
        send(f"X-Request-Id: {given}", _raw("GET /nowhere HTTP/1.1", host, f"X-Request-Id: {given}"), with_id=False)


def plain_routes(server, section):
    """What says how the server is, and the page."""
    for target in ("/health", "/livez", "/readyz", "/"):
        server.get(section, target)


def not_ready(server, section):
    """Every route before anything was published."""
    plain_routes(server, section)
    for target in ("?customer_id=1000000&zip_code=10001&top_n=5", "?customer_id=1000000&top_n=0", "?customer_id=5&strict=true", ""):
        server.get(section, "/recommend" + target)
    for body in ('{"customer_id": 1000000}', '{"customer_id": 1000000, "top_n": 0}', '{"data": []}', '{"data": [[0, {"customer_id": 1}]]}',
                 '{"data": [7]}', "{"):
        server.post(section, "/recommend", body)
