--# a table with columns has no sources
CREATE TABLE fresh (id INT, name VARCHAR(20))
--> into fresh
--> id:
--> name:

--# like another, in parentheses @postgres mysql spark databricks snowflake redshift bigquery trino
CREATE TABLE fresh (LIKE w)
--> into fresh
--> k:
--> p:
--> q:

--# like another @mysql hive spark databricks snowflake bigquery
CREATE TABLE fresh LIKE w
--> into fresh
--> k:
--> p:
--> q:

--# a clone @snowflake bigquery databricks
CREATE TABLE fresh CLONE w
--> into fresh
--> k: w.k
--> p: w.p
--> q: w.q

--# a shallow clone @databricks
CREATE OR REPLACE TABLE fresh SHALLOW CLONE w
--> into fresh
--> k: w.k
--> p: w.p
--> q: w.q

--# a copy @bigquery
CREATE TABLE fresh COPY w
--> into fresh
--> k: w.k
--> p: w.p
--> q: w.q

--# a table renamed @postgres snowflake redshift trino duckdb mysql spark databricks oracle bigquery
ALTER TABLE w RENAME TO w_old
--> into w_old
--> k: w.k
--> p: w.p
--> q: w.q

--# a table of unknown schema renamed @postgres snowflake duckdb
ALTER TABLE somewhere RENAME TO elsewhere
--> into elsewhere
--> from somewhere
--> !: unknown_schema

--# two tables swapped @snowflake
--: w_new(k int, p int, q text)
ALTER TABLE w SWAP WITH w_new
--> into w
--> k: w_new.k
--> p: w_new.p
--> q: w_new.q
--> into w_new
--> k: w.k
--> p: w.p
--> q: w.q

--# a drop derives nothing
DROP TABLE IF EXISTS orders

--# a dropped view derives nothing
DROP VIEW recent
--! not executed: there is no such view

--# a new column derives nothing
ALTER TABLE orders ADD COLUMN note VARCHAR(20)

--# a column dropped derives nothing @postgres snowflake duckdb mysql
ALTER TABLE orders DROP COLUMN status

--# rights derive nothing @postgres snowflake redshift
GRANT SELECT ON orders TO analyst

--# a column renamed and then read @postgres duckdb snowflake
ALTER TABLE w RENAME COLUMN p TO price;
CREATE TABLE fresh AS SELECT price FROM w
--! not executed: the table of the check stays as it is
--> into fresh
--> price: w.price

--# a column added and then read @postgres duckdb snowflake
ALTER TABLE w ADD COLUMN extra INT;
CREATE TABLE fresh AS SELECT * FROM w
--! not executed: the table of the check stays as it is
--> into fresh
--> k: w.k
--> p: w.p
--> q: w.q
--> extra: w.extra

--# a table made in the text gives later stars their columns
CREATE TABLE made (x1 INT, x2 INT);
INSERT INTO made SELECT a, b FROM t;
CREATE TABLE fresh AS SELECT * FROM made
--> into made
--> x1: t.a
--> x2: t.b
--> into fresh
--> x1: made.x1
--> x2: made.x2

--# a table made by a query gives later stars their columns
CREATE TABLE made AS SELECT a, b + c AS bc FROM t;
CREATE TABLE fresh AS SELECT * FROM made WHERE bc > 1
--> into made
--> a: t.a
--> bc: TRANSFORMATION t.b t.c
--> into fresh
--> a: made.a
--> bc: made.bc
--> *: FILTER made.bc

--# a view made in the text is a step of its own
CREATE VIEW step AS SELECT id, amount FROM orders WHERE status = 'paid';
CREATE TABLE fresh AS SELECT SUM(amount) AS total FROM step
--> into step
--> id: orders.id
--> amount: orders.amount
--> *: FILTER orders.status
--> into fresh
--> total: AGGREGATION step.amount

--# a table dropped and made anew @postgres duckdb snowflake redshift
DROP TABLE IF EXISTS fresh;
CREATE TABLE fresh AS SELECT a FROM t
--> into fresh
--> a: t.a

--# a new table takes the place of the old by renaming @postgres snowflake redshift
CREATE TABLE fresh__tmp AS SELECT a FROM t;
ALTER TABLE fresh__tmp RENAME TO fresh
--> into fresh__tmp
--> a: t.a
--> into fresh
--> a: fresh__tmp.a

--# a sequence, an index and a comment derive nothing @postgres
CREATE INDEX idx ON orders (status);
COMMENT ON TABLE orders IS 'all orders';
CREATE SEQUENCE s1

--# an external table @hive spark databricks
CREATE EXTERNAL TABLE ext (id INT, name STRING) STORED AS PARQUET LOCATION 's3://lake/people'
--> into ext
--> from s3://lake/people
--> id:
--> name:
