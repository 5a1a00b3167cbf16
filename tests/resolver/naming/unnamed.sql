--# unnamed postgres @postgres redshift
CREATE TABLE o AS SELECT count(*), upper(d), a + b, a::text, CASE WHEN a > 1 THEN 1 END, coalesce(a, b), (SELECT max(e) FROM u) FROM t GROUP BY 2, 3, 4, 5, 6
--> into o
--> count:
--> upper: TRANSFORMATION t.d
--> ?column?: TRANSFORMATION t.a t.b
--> a: TRANSFORMATION t.a
--> case: CONDITIONAL t.a
--> coalesce: t.a t.b; CONDITIONAL t.a t.b
--> max: AGGREGATION u.e
--> *: GROUP_BY t.a t.b t.d

--# unnamed read outside @postgres
SELECT count, sum FROM (SELECT count(*), sum(a) FROM t) s
--> count:
--> sum: AGGREGATION t.a

--# unnamed duckdb @duckdb
CREATE TABLE o AS SELECT count(*), sum(a), a + b, upper(t.d), max(c) FROM t GROUP BY 3, 4
--> into o
--> "count_star()":
--> "sum(a)": AGGREGATION t.a
--> "(a + b)": TRANSFORMATION t.a t.b
--> "upper(t.d)": TRANSFORMATION t.d
--> "max(c)": AGGREGATION t.c
--> *: GROUP_BY t.a t.b t.d

--# unnamed read outside duckdb @duckdb
SELECT "sum(a)" AS s FROM (SELECT SUM(a) FROM t)
--> s: AGGREGATION t.a

--# unnamed spark @spark databricks
CREATE TABLE o AS SELECT count(*), sum(a), (t.a + b), upper(t.d) FROM t GROUP BY 3, 4
--> into o
--> "count(1)":
--> "sum(a)": AGGREGATION t.a
--> "(a + b)": TRANSFORMATION t.a t.b
--> "upper(d)": TRANSFORMATION t.d
--> *: GROUP_BY t.a t.b t.d

--# unnamed hive @hive
CREATE TABLE o AS SELECT a, count(*), b + 1 FROM t GROUP BY a, b + 1
--> into o
--> a: t.a
--> _c1:
--> _c2: TRANSFORMATION t.b
--> *: GROUP_BY t.a t.b

--# unnamed trino @trino
SELECT *, a + b, upper(d) FROM t
--> a: t.a
--> b: t.b
--> c: t.c
--> d: t.d
--> _col4: TRANSFORMATION t.a t.b
--> _col5: TRANSFORMATION t.d

--# unnamed bigquery @bigquery
SELECT a, a + b, upper(d), c AS q, a * b FROM t
--> a: t.a
--> f0_: TRANSFORMATION t.a t.b
--> f1_: TRANSFORMATION t.d
--> q: t.c
--> f2_: TRANSFORMATION t.a t.b

--# unnamed mysql @mysql
CREATE TABLE o AS SELECT SUM(a), Max( b ) FROM t
--> into o
--> "SUM(a)": AGGREGATION t.a
--> "Max( b )": AGGREGATION t.b

--# unnamed oracle @oracle
SELECT sum( a ), count(*) FROM t
--> "SUM(A)": AGGREGATION t.a
--> "COUNT(*)":

--# unnamed clickhouse @clickhouse
SELECT sum(a), count(), upper(d) FROM t
--> "sum(a)": AGGREGATION t.a
--> "count()":
--> "upper(d)": TRANSFORMATION t.d
