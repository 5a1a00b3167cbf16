--# a schema is set @mysql databricks spark hive trino duckdb
--: sales.bills(id int, amount int)
USE sales;
CREATE TABLE fresh AS SELECT amount FROM bills
--! not executed: the check has its own schema
--> into sales.fresh
--> amount: sales.bills.amount

--# a schema is set by its kind @snowflake databricks
--: sales.bills(id int, amount int)
USE SCHEMA sales;
CREATE TABLE fresh AS SELECT amount FROM bills
--> into sales.fresh
--> amount: sales.bills.amount

--# a catalogue and a schema are set @snowflake databricks
--: shop.sales.bills(id int, amount int)
USE shop.sales;
CREATE TABLE fresh AS SELECT amount FROM bills
--> into shop.sales.fresh
--> amount: shop.sales.bills.amount

--# a search path @postgres redshift
--: sales.bills(id int, amount int)
SET search_path TO sales, public;
CREATE TABLE fresh AS SELECT amount FROM bills
--> into sales.fresh
--> amount: sales.bills.amount

--# a schema changes midway @databricks mysql
--: s1.bills(id int, amount int)
--: s2.bills(id int, amount int)
USE s1;
CREATE TABLE one AS SELECT amount FROM bills;
USE s2;
CREATE TABLE two AS SELECT amount FROM bills
--> into s1.one
--> amount: s1.bills.amount
--> into s2.two
--> amount: s2.bills.amount

--# a temporary table is seen through @postgres snowflake redshift duckdb mysql spark databricks
CREATE TEMPORARY TABLE tmp AS SELECT id, amount - discount AS net FROM orders WHERE status = 'paid';
CREATE TABLE fresh AS SELECT id, net * 2 AS twice FROM tmp
--! not executed: Spark has temporary views alone; elsewhere the same holds
--> into tmp
--> id: orders.id
--> net: TRANSFORMATION orders.amount orders.discount
--> *: FILTER orders.status
--> into fresh
--> id: orders.id
--> twice: TRANSFORMATION orders.amount orders.discount
--> *: FILTER orders.status

--# a temporary view is seen through @spark databricks duckdb postgres
CREATE OR REPLACE TEMPORARY VIEW tmp AS SELECT id, LOWER(status) AS st FROM orders;
CREATE TABLE fresh AS SELECT st, COUNT(*) AS n FROM tmp GROUP BY st
--> into tmp
--> id: orders.id
--> st: TRANSFORMATION orders.status
--> into fresh
--> st: TRANSFORMATION orders.status
--> n:
--> *: GROUP_BY orders.status

--# a temporary table filled later @postgres snowflake redshift duckdb
CREATE TEMP TABLE tmp (i INT, n INT);
INSERT INTO tmp (n, i) SELECT a, b FROM t;
CREATE TABLE fresh AS SELECT i, n FROM tmp
--> into tmp
--> i: t.b
--> n: t.a
--> into fresh
--> i: t.b
--> n: t.a

--# a temporary table by its sign @tsql
SELECT id, amount * 2 AS twice INTO #tmp FROM orders WHERE status = 'paid';
INSERT INTO fresh (k, v) SELECT id, twice FROM #tmp
--> into #tmp
--> id: orders.id
--> twice: TRANSFORMATION orders.amount
--> *: FILTER orders.status
--> into fresh
--> k: orders.id
--> v: TRANSFORMATION orders.amount
--> *: FILTER orders.status

--# two steps of temporary tables @postgres snowflake duckdb redshift
CREATE TEMP TABLE s1 AS SELECT a, b FROM t WHERE c = 1;
CREATE TEMP TABLE s2 AS SELECT a + b AS ab FROM s1;
CREATE TABLE fresh AS SELECT MAX(ab) AS m FROM s2
--> into s1
--> a: t.a
--> b: t.b
--> *: FILTER t.c
--> into s2
--> ab: TRANSFORMATION t.a t.b
--> *: FILTER t.c
--> into fresh
--> m: AGGREGATION t.a t.b
--> *: FILTER t.c

--# two inserts into one table
--: out(p int, q int)
INSERT INTO out (p, q) SELECT a, b FROM t WHERE d = 'x';
INSERT INTO out (p, q) SELECT e, a FROM u
--> into out
--> p: t.a u.e
--> q: t.b u.a
--> *: FILTER t.d

--# statements that derive nothing stand between
SET x = 1;
CREATE TABLE fresh AS SELECT a FROM t;
ANALYZE fresh
--! not executed: settings differ by engine
--> into fresh
--> a: t.a

--# a transaction @postgres duckdb mysql redshift
BEGIN;
DELETE FROM out WHERE p = 1;
INSERT INTO out (p, q) SELECT a, b FROM t;
COMMIT
--: out(p int, q int)
--> into out
--> p: t.a
--> q: t.b
--> *: FILTER out.p

--# a temporary table of the name of its source @tsql
SELECT id, status INTO #orders FROM orders;
INSERT INTO fresh (k) SELECT id FROM #orders WHERE status = 'x'
--> into #orders
--> id: orders.id
--> status: orders.status
--> into fresh
--> k: orders.id
--> *: FILTER orders.status
