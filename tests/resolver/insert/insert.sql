--: out(p int, q int)
--: wide(id int, name text, country text, loaded_at timestamp)

--# a column list in another order than the table's
INSERT INTO out (q, p) SELECT a, b FROM t
--> into out
--> q: t.a
--> p: t.b

--# no column list goes by the target's order
INSERT INTO out SELECT a, b FROM t
--> into out
--> p: t.a
--> q: t.b

--# the names of the select list count for nothing
INSERT INTO out SELECT a AS q, b AS p FROM t
--> into out
--> p: t.a
--> q: t.b

--# a column list to an unknown target
INSERT INTO somewhere (x1, x2) SELECT a, b + 1 FROM t
--> into somewhere
--> x1: t.a
--> x2: TRANSFORMATION t.b

--# no column list and an unknown target
INSERT INTO somewhere SELECT a, b + 1 AS b1 FROM t
--> into somewhere
--> a: t.a~positional
--> b1: TRANSFORMATION t.b~positional

--# a part of the columns
INSERT INTO wide (name, id) SELECT UPPER(name), id FROM customers WHERE country = 'FR'
--> into wide
--> name: TRANSFORMATION customers.name
--> id: customers.id
--> *: FILTER customers.country

--# fewer values than columns @postgres snowflake mysql spark
INSERT INTO wide (id, name) SELECT id, name FROM customers
--> into wide
--> id: customers.id
--> name: customers.name

--# values have no source
INSERT INTO out (p, q) VALUES (1, 2), (3, 4)
--> into out
--> p:
--> q:

--# values without a column list
INSERT INTO out VALUES (1, 2)
--> into out
--> p:
--> q:

--# a star
INSERT INTO out SELECT * FROM (SELECT a, b FROM t) s
--> into out
--> p: t.a
--> q: t.b

--# a star of a table
INSERT INTO w2 (k2, p2, q2) SELECT * FROM w
--> into w2
--> k2: w.k
--> p2: w.p
--> q2: w.q

--# a common table expression before the insert @postgres duckdb tsql snowflake
WITH s AS (SELECT a, b FROM t WHERE c > 0) INSERT INTO out (p, q) SELECT a, b FROM s
--! not executed: Snowflake wants the WITH after the INSERT; the reading is the same
--> into out
--> p: t.a
--> q: t.b
--> *: FILTER t.c

--# a common table expression after the insert @all -tsql
INSERT INTO out (p, q) WITH s AS (SELECT a, b FROM t WHERE c > 0) SELECT a, b FROM s
--> into out
--> p: t.a
--> q: t.b
--> *: FILTER t.c

--# a set operation
INSERT INTO out (p, q) SELECT a, b FROM t UNION ALL SELECT e, a FROM u
--> into out
--> p: t.a u.e
--> q: t.b u.a

--# a set operation in parentheses @postgres mysql duckdb snowflake bigquery
INSERT INTO out (p, q) (SELECT a, b FROM t) UNION ALL (SELECT e, a FROM u)
--> into out
--> p: t.a u.e
--> q: t.b u.a

--# a query in parentheses @postgres mysql duckdb snowflake bigquery
INSERT INTO out (p, q) (SELECT a, b FROM t)
--> into out
--> p: t.a
--> q: t.b

--# an aggregate
INSERT INTO out (p, q) SELECT customer_id, SUM(amount) FROM orders GROUP BY customer_id
--> into out
--> p: orders.customer_id
--> q: AGGREGATION orders.amount
--> *: GROUP_BY orders.customer_id

--# the target read in its own filter
INSERT INTO out (p, q) SELECT a, b FROM t WHERE NOT EXISTS (SELECT 1 FROM out o WHERE o.p = t.a)
--> into out
--> p: t.a
--> q: t.b
--> *: FILTER out.p t.a

--# the target is its own source
INSERT INTO out (p, q) SELECT p + 1, q FROM out
--> into out
--> p: TRANSFORMATION out.p
--> q: out.q

--# an upsert that takes the new value @postgres duckdb
--% unique=out.p,t.a
INSERT INTO out (p, q) SELECT a, b FROM t ON CONFLICT (p) DO UPDATE SET q = EXCLUDED.q
--> into out
--> p: t.a
--> q: t.b
--> *: JOIN out.p t.a

--# an upsert that adds to the old value @postgres duckdb
--% unique=out.p,t.a
INSERT INTO out (p, q) SELECT a, b FROM t ON CONFLICT (p) DO UPDATE SET q = out.q + EXCLUDED.q
--> into out
--> p: t.a
--> q: t.b; TRANSFORMATION t.b out.q
--> *: JOIN out.p t.a

--# an upsert with a condition @postgres duckdb
--% unique=out.p,t.a
INSERT INTO out (p, q) SELECT a, b FROM t ON CONFLICT (p) DO UPDATE SET q = EXCLUDED.q WHERE out.q < EXCLUDED.q
--> into out
--> p: t.a
--> q: t.b
--> *: JOIN out.p t.a; FILTER out.q t.b

--# an upsert that does nothing @postgres duckdb
--% unique=out.p,t.a
INSERT INTO out (p, q) SELECT a, b FROM t ON CONFLICT (p) DO NOTHING
--> into out
--> p: t.a
--> q: t.b
--> *: JOIN out.p t.a

--# an upsert by duplicate key @mysql
INSERT INTO out (p, q) SELECT a, b FROM t ON DUPLICATE KEY UPDATE q = VALUES(q)
--> into out
--> p: t.a
--> q: t.b

--# an upsert by duplicate key that adds @mysql
INSERT INTO out (p, q) SELECT a, b FROM t ON DUPLICATE KEY UPDATE q = out.q + VALUES(q)
--> into out
--> p: t.a
--> q: t.b; TRANSFORMATION t.b out.q

--# an upsert of literal values @postgres duckdb
--% unique=out.p,t.a
INSERT INTO out (p, q) VALUES (1, 2) ON CONFLICT (p) DO UPDATE SET q = out.q + 1
--> into out
--> p:
--> q: TRANSFORMATION out.q
--> *: JOIN out.p

--# replace into @mysql
REPLACE INTO out (p, q) SELECT a, b FROM t
--> into out
--> p: t.a
--> q: t.b

--# insert or replace @duckdb
--! not executed: which column is the key stands in the table alone
--% unique=out.p,t.a
INSERT OR REPLACE INTO out (p, q) SELECT a, b FROM t
--> into out
--> p: t.a
--> q: t.b

--# insert by name @duckdb
INSERT INTO out BY NAME SELECT a AS q, b AS p FROM t
--> into out
--> q: t.a
--> p: t.b

--# insert by name @databricks spark
INSERT INTO out BY NAME SELECT a AS q, b AS p FROM t
--> into out
--> q: t.a
--> p: t.b

--# overwrite @spark hive databricks
INSERT OVERWRITE TABLE out SELECT a, b FROM t
--> into out
--> p: t.a
--> q: t.b

--# overwrite @snowflake
INSERT OVERWRITE INTO out (q, p) SELECT a, b FROM t
--> into out
--> q: t.a
--> p: t.b

--# overwrite a static partition @spark hive databricks
--: parted(id int, amount int, day text)
INSERT OVERWRITE TABLE parted PARTITION (day = '2024-01-01') SELECT id, amount FROM orders
--> into parted
--> id: orders.id
--> amount: orders.amount
--> day:

--# overwrite a dynamic partition @spark hive databricks
--: parted(id int, amount int, day text)
INSERT OVERWRITE TABLE parted PARTITION (day) SELECT id, amount, CAST(ordered_at AS STRING) FROM orders
--> into parted
--> id: orders.id
--> amount: orders.amount
--> day: TRANSFORMATION orders.ordered_at

--# one static and one dynamic partition @spark hive databricks
--: parted2(id int, country text, day text)
INSERT INTO TABLE parted2 PARTITION (country = 'FR', day) SELECT id, ordered_at FROM orders
--> into parted2
--> id: orders.id
--> day: orders.ordered_at
--> country:

--# from before insert @hive spark databricks
FROM t INSERT INTO TABLE out SELECT a, b
--> into out
--> p: t.a
--> q: t.b

--# several inserts from one source @hive spark databricks
--: out2(r int, s text)
FROM t INSERT OVERWRITE TABLE out SELECT a, b WHERE c > 0 INSERT INTO TABLE out2 SELECT c, d WHERE c <= 0
--> into out
--> p: t.a
--> q: t.b
--> *: FILTER t.c
--> into out2
--> r: t.c
--> s: t.d
--> *: FILTER t.c

--# all tables at once @snowflake oracle
--: out2(r int, s text)
INSERT ALL INTO out (p, q) VALUES (a, b) INTO out2 (r, s) VALUES (c, d) SELECT a, b, c, d FROM t
--> into out
--> p: t.a
--> q: t.b
--> into out2
--> r: t.c
--> s: t.d

--# tables by condition @snowflake oracle
--: out2(r int, s text)
INSERT ALL WHEN a > 10 THEN INTO out (p, q) VALUES (a, b) ELSE INTO out2 (r, s) VALUES (a, d) SELECT a, b, d FROM t
--> into out
--> p: t.a
--> q: t.b
--> *: FILTER t.a
--> into out2
--> r: t.a
--> s: t.d
--> *: FILTER t.a

--# the first table that fits @snowflake oracle
--: out2(r int, s text)
INSERT FIRST WHEN a > 10 THEN INTO out (p, q) VALUES (a, b) WHEN b > 5 THEN INTO out2 (r, s) VALUES (a, d) SELECT a, b, d FROM t
--> into out
--> p: t.a
--> q: t.b
--> *: FILTER t.a
--> into out2
--> r: t.a
--> s: t.d
--> *: FILTER t.a t.b

--# insert with an output clause @tsql
INSERT INTO out (p, q) OUTPUT inserted.p SELECT a, b FROM t
--> into out
--> p: t.a
--> q: t.b

--# insert returning @postgres duckdb
INSERT INTO out (p, q) SELECT a, b FROM t RETURNING p
--> into out
--> p: t.a
--> q: t.b

--# insert from an expression list with subqueries @postgres duckdb snowflake
INSERT INTO out (p, q) VALUES ((SELECT MAX(a) FROM t), 1)
--> into out
--> p: AGGREGATION t.a
--> q:

--# insert a table @postgres trino
INSERT INTO out2 TABLE t2
--: t2(x1 int, x2 text)
--: out2(r int, s text)
--! not executed: a matter of the reading alone
--> into out2
--> r: t2.x1
--> s: t2.x2

--# insert into a directory @hive spark databricks
INSERT OVERWRITE DIRECTORY 's3://lake/export/t' SELECT a, b FROM t
--> into s3://lake/export/t
--> a: t.a
--> b: t.b

--# insert into a path @databricks spark
INSERT INTO delta.`s3://lake/tables/out` SELECT a, b FROM t
--> into s3://lake/tables/out
--> a: t.a~positional
--> b: t.b~positional

--# insert ignore @mysql
INSERT IGNORE INTO out (p, q) SELECT a, b FROM t
--> into out
--> p: t.a
--> q: t.b

--# insert set @mysql
INSERT INTO out SET p = 1, q = 2
--> into out
--> p:
--> q:

--# insert into a function's table @clickhouse
INSERT INTO TABLE out (p, q) SELECT a, b FROM t SETTINGS max_threads = 4
--> into out
--> p: t.a
--> q: t.b

--# data changed inside a common table expression @postgres
--: archive(id int, amount int)
WITH moved AS (DELETE FROM orders WHERE status = 'old' RETURNING id, amount) INSERT INTO archive (id, amount) SELECT id, amount FROM moved
--> into orders
--> *: FILTER orders.status
--> into archive
--> id: orders.id
--> amount: orders.amount
--> *: FILTER orders.status

--# select into @tsql postgres redshift
SELECT a, b + c AS bc INTO newly FROM t WHERE d = 'x'
--> into newly
--> a: t.a
--> bc: TRANSFORMATION t.b t.c
--> *: FILTER t.d

--# an insert whose select list is longer than the target @postgres
INSERT INTO wide SELECT id, name FROM customers
--> into wide
--> id: customers.id
--> name: customers.name

--# default values @postgres duckdb tsql
INSERT INTO out DEFAULT VALUES
--> into out

--# dynamic columns of a join
INSERT INTO wide (id, name, country) SELECT o.id, c.name, c.country FROM orders o JOIN customers c ON c.id = o.customer_id
--> into wide
--> id: orders.id
--> name: customers.name
--> country: customers.country
--> *: JOIN customers.id orders.customer_id

--# insert replace where @databricks
INSERT INTO out REPLACE WHERE p > 10 SELECT a, b FROM t
--> into out
--> p: t.a
--> q: t.b
