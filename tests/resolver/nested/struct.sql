--# struct fields bigquery @bigquery
SELECT s.a, s.b.c FROM (SELECT STRUCT(id AS a, STRUCT(amount AS c) AS b) s FROM orders)
--> a: orders.id
--> c: orders.amount

--# struct fields duckdb @duckdb
SELECT s.a, s.b.c FROM (SELECT {'a': id, 'b': {'c': amount}} AS s FROM orders)
--> a: orders.id
--> c: orders.amount

--# struct_pack duckdb @duckdb
SELECT s.a FROM (SELECT struct_pack(a := id, b := amount) AS s FROM orders)
--> a: orders.id

--# named_struct @spark databricks hive
SELECT s.a, s.b FROM (SELECT named_struct('a', id, 'b', amount + 1) AS s FROM orders) q
--> a: orders.id
--> b: TRANSFORMATION orders.amount

--# struct names itself @spark databricks
SELECT s.id, s.amount FROM (SELECT struct(id, amount) AS s FROM orders) q
--> id: orders.id
--> amount: orders.amount

--# struct star @bigquery spark
SELECT s.* FROM (SELECT STRUCT(id AS a, amount AS b) AS s FROM orders) q
--> a: orders.id
--> b: orders.amount

--# struct in cte @bigquery
WITH x AS (SELECT STRUCT(id, status AS st) AS s, amount FROM orders) SELECT s.id, s.st, amount FROM x
--> id: orders.id
--> st: orders.status
--> amount: orders.amount

--# row constructor @trino
SELECT r.a FROM (SELECT CAST(ROW(id, amount) AS ROW(a BIGINT, b BIGINT)) AS r FROM orders) q
--> a: TRANSFORMATION orders.id

--# array as table with offset that makes a table @bigquery
--: arrs(id int, items array<string>)
CREATE TABLE o AS SELECT id, e, off FROM arrs, arrs.items AS e WITH OFFSET AS off
--> into o
--> id: arrs.id
--> e: TRANSFORMATION arrs.items
--> off: TRANSFORMATION arrs.items
--> *: JOIN arrs.items

--# array as table with offset @bigquery
--: arrs(id int, items array<string>)
SELECT id, e, off FROM arrs, arrs.items AS e WITH OFFSET AS off
--> id: arrs.id
--> e: TRANSFORMATION arrs.items
--> off: TRANSFORMATION arrs.items
--> *: JOIN arrs.items
