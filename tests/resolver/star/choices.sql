--# exclude qualified @snowflake duckdb databricks
SELECT o.* EXCLUDE (id, status), c.name FROM orders o JOIN customers c ON o.customer_id = c.id
--> customer_id: orders.customer_id
--> amount: orders.amount
--> discount: orders.discount
--> ordered_at: orders.ordered_at
--> name: customers.name
--> *: JOIN orders.customer_id customers.id

--# exclude and rename @snowflake
SELECT * EXCLUDE c RENAME (a AS aa, b AS bb) FROM t
--> aa: t.a
--> bb: t.b
--> d: t.d

--# replace then rename @snowflake
SELECT * REPLACE (a * 2 AS a) RENAME d AS dd FROM t
--> a: TRANSFORMATION t.a
--> b: t.b
--> c: t.c
--> dd: t.d

--# bq except replace @bigquery
SELECT * EXCEPT (a) REPLACE (UPPER(d) AS d) FROM t
--> b: t.b
--> c: t.c
--> d: TRANSFORMATION t.d

--# ilike @snowflake
SELECT * ILIKE '%a%' FROM customers
--> name: customers.name
--> email: customers.email
--> created_at: customers.created_at

--# duckdb columns regex replace @duckdb
SELECT COLUMNS('(a|b)') + 1 FROM t
--> a: TRANSFORMATION t.a
--> b: TRANSFORMATION t.b

--# duckdb columns lambda @duckdb
SELECT COLUMNS(c -> c LIKE '%id%') FROM orders
--> id: orders.id
--> customer_id: orders.customer_id

--# duckdb star like @duckdb
SELECT * LIKE 'a%' FROM t
--> a: t.a

--# duckdb star not like @duckdb
SELECT * NOT LIKE 'a%' FROM t
--> b: t.b
--> c: t.c
--> d: t.d

--# duckdb star similar to @duckdb
SELECT * SIMILAR TO '(a|b)' FROM t
--> a: t.a
--> b: t.b

--# duckdb exclude qualified column @duckdb
SELECT * EXCLUDE (t.a) FROM t JOIN u ON t.a = u.a
--> b: t.b
--> c: t.c
--> d: t.d
--> a: u.a
--> e: u.e
--> f: u.f
--> *: JOIN t.a u.a

--# clickhouse columns apply @clickhouse
SELECT COLUMNS('^[ab]$') APPLY(sum) FROM t
--> _: AGGREGATION t.a
--> _: AGGREGATION t.b

--# clickhouse except @clickhouse
SELECT * EXCEPT(a) REPLACE(b + 1 AS b) FROM t
--> b: TRANSFORMATION t.b
--> c: t.c
--> d: t.d

--# databricks except @databricks
SELECT * EXCEPT (a) FROM t
--> b: t.b
--> c: t.c
--> d: t.d

--# using star order
SELECT * FROM t JOIN u USING (a)
--> a: t.a
--> b: t.b
--> c: t.c
--> d: t.d
--> e: u.e
--> f: u.f
--> *: JOIN t.a u.a

--# full using star @ansi postgres trino snowflake
SELECT * FROM t FULL JOIN u USING (a)
--> a: t.a u.a; CONDITIONAL t.a u.a
--> b: t.b
--> c: t.c
--> d: t.d
--> e: u.e
--> f: u.f
--> *: JOIN t.a u.a

--# using with t.* @postgres mysql spark
SELECT u.* FROM t JOIN u USING (a)
--> a: u.a
--> e: u.e
--> f: u.f
--> *: JOIN t.a u.a

--# redshift exclude @redshift
SELECT * EXCLUDE (a, b) FROM t
--> c: t.c
--> d: t.d

--# bq select star from unnest struct @bigquery
SELECT * FROM UNNEST([STRUCT(1 AS x, 'a' AS y), STRUCT(2, 'b')])
--> x:
--> y:

--# star over values @postgres
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS vv (k, w)
--> k:
--> w:

--# star from subquery alias list @postgres tsql
SELECT s.* FROM (SELECT a, b FROM t) AS s (x, y)
--> x: t.a
--> y: t.b

--# table short form @postgres mysql
TABLE t
--> a: t.a
--> b: t.b
--> c: t.c
--> d: t.d

--# from first @duckdb databricks
FROM t SELECT a, b WHERE c > 1
--> a: t.a
--> b: t.b
--> *: FILTER t.c

--# bare from @duckdb
FROM t
--> a: t.a
--> b: t.b
--> c: t.c
--> d: t.d
