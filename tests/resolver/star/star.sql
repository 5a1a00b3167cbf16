--# all columns of a table
SELECT * FROM t
--> a: t.a
--> b: t.b
--> c: t.c
--> d: t.d

--# all columns of one of two tables
SELECT t.* FROM t JOIN v ON t.a = v.k
--> a: t.a
--> b: t.b
--> c: t.c
--> d: t.d
--> *: JOIN t.a v.k

--# all columns of two tables
SELECT * FROM t JOIN v ON t.a = v.k
--> a: t.a
--> b: t.b
--> c: t.c
--> d: t.d
--> k: v.k
--> x: v.x
--> y: v.y
--> z: v.z
--> *: JOIN t.a v.k

--# all columns of both by their aliases in another order
SELECT r.*, l.a FROM t AS l JOIN u AS r ON l.a = r.a
--> a: u.a
--> e: u.e
--> f: u.f
--> _: t.a
--> *: JOIN t.a u.a

--# a star and more
SELECT v.*, v.x + v.y AS s FROM v
--> k: v.k
--> x: v.x
--> y: v.y
--> z: v.z
--> s: TRANSFORMATION v.x v.y

--# a bare star and more @postgres mysql snowflake bigquery duckdb spark trino tsql redshift databricks clickhouse hive
SELECT *, x + y AS s FROM v
--> k: v.k
--> x: v.x
--> y: v.y
--> z: v.z
--> s: TRANSFORMATION v.x v.y

--# a star through a derived table
SELECT * FROM (SELECT a, b + c AS bc FROM t) s
--> a: t.a
--> bc: TRANSFORMATION t.b t.c

--# a star through a common table expression
WITH s AS (SELECT * FROM t) SELECT * FROM s
--> a: t.a
--> b: t.b
--> c: t.c
--> d: t.d

--# a star through two common table expressions and a join
WITH l AS (SELECT a, b FROM t), r AS (SELECT k, z FROM v), j AS (SELECT * FROM l JOIN r ON l.a = r.k) SELECT * FROM j
--> a: t.a
--> b: t.b
--> k: v.k
--> z: v.z
--> *: JOIN t.a v.k

--# a star except some columns @bigquery databricks clickhouse
SELECT * EXCEPT (b, c) FROM t
--> a: t.a
--> d: t.d

--# a star excluding some columns @snowflake duckdb
SELECT * EXCLUDE (b, c) FROM t
--> a: t.a
--> d: t.d

--# a star excluding one column without parentheses @snowflake duckdb
SELECT * EXCLUDE b FROM t
--> a: t.a
--> c: t.c
--> d: t.d

--# a star excluding with other case @duckdb bigquery
--! not executed: BigQuery's EXCEPT and DuckDB's EXCLUDE differ; here only the reading counts
--: q1(Id int, Secret text)
--% exact=yes
SELECT q1.* FROM q1 WHERE secret IS NOT NULL
--> Id: q1.Id
--> Secret: q1.Secret
--> *: FILTER q1.Secret

--# a qualified star except a column @bigquery databricks
SELECT l.* EXCEPT (d), r.e FROM t AS l JOIN u AS r ON l.a = r.a
--> a: t.a
--> b: t.b
--> c: t.c
--> e: u.e
--> *: JOIN t.a u.a

--# a qualified star excluding a column @snowflake duckdb
SELECT l.* EXCLUDE (d), r.e FROM t AS l JOIN u AS r ON l.a = r.a
--> a: t.a
--> b: t.b
--> c: t.c
--> e: u.e
--> *: JOIN t.a u.a

--# a star with a column replaced @bigquery duckdb clickhouse
SELECT * REPLACE (b * 2 AS b) FROM t
--> a: t.a
--> b: TRANSFORMATION t.b
--> c: t.c
--> d: t.d

--# a replacement by other columns @bigquery duckdb
SELECT * REPLACE (a + c AS d) FROM t
--> a: t.a
--> b: t.b
--> c: t.c
--> d: TRANSFORMATION t.a t.c

--# a replacement in Snowflake @snowflake
SELECT * REPLACE (UPPER(d) AS d) FROM t
--> a: t.a
--> b: t.b
--> c: t.c
--> d: TRANSFORMATION t.d

--# a column renamed in the star @snowflake duckdb
SELECT * RENAME (d AS label) FROM t
--> a: t.a
--> b: t.b
--> c: t.c
--> label: t.d

--# exclusion and renaming together @snowflake
SELECT * EXCLUDE (b) RENAME (d AS label, c AS num) FROM t
--> a: t.a
--> num: t.c
--> label: t.d

--# except and replace together @bigquery
SELECT * EXCEPT (c) REPLACE (b + c AS b) FROM t
--> a: t.a
--> b: TRANSFORMATION t.b t.c
--> d: t.d

--# exclusion and replacement together @duckdb
SELECT * EXCLUDE (c) REPLACE (b + c AS b) FROM t
--> a: t.a
--> b: TRANSFORMATION t.b t.c
--> d: t.d

--# a star over a derived table of unknown source names its columns from the text
SELECT * FROM (SELECT id, upper(nm) AS nm FROM raw_people) p
--> id: raw_people.id~sole_candidate
--> nm: TRANSFORMATION raw_people.nm~sole_candidate

--# a star over an unknown table is not guessed
SELECT * FROM raw_people
--> from raw_people
--> !: unknown_schema

--# a star over an unknown and a known table
SELECT * FROM u JOIN raw_people p ON u.a = p.id
--> a: u.a
--> e: u.e
--> f: u.f
--> *: JOIN u.a raw_people.id~qualified
--> !: unknown_schema

--# an unknown star beside named columns
SELECT p.*, p.id + 1 AS next_id FROM raw_people p
--> next_id: TRANSFORMATION raw_people.id~qualified
--> !: unknown_schema

--# a name looked up through an unknown star
WITH s AS (SELECT * FROM raw_people) SELECT id, upper(nm) AS nm FROM s
--> id: raw_people.id
--> nm: TRANSFORMATION raw_people.nm

--# COLUMNS with a pattern @duckdb
SELECT COLUMNS('^[ab]$') FROM t
--> a: t.a
--> b: t.b

--# COLUMNS with a star @duckdb
SELECT COLUMNS(*) FROM t
--> a: t.a
--> b: t.b
--> c: t.c
--> d: t.d

--# a function over COLUMNS @duckdb
SELECT max(COLUMNS('x|y')) FROM v
--> x: AGGREGATION v.x
--> y: AGGREGATION v.y

--# COLUMNS over a star that excludes @duckdb
SELECT COLUMNS(* EXCLUDE (c, d)) + 1 FROM t
--> a: TRANSFORMATION t.a
--> b: TRANSFORMATION t.b

--# COLUMNS by a lambda @duckdb
SELECT COLUMNS(col -> col LIKE '%a%') FROM u
--> a: u.a

--# a star in count has no source
SELECT COUNT(*) AS n FROM t
--> n:
--> from t

--# a star of a subquery's alias beside an aggregate
SELECT s.k, s.total FROM (SELECT k, SUM(x) AS total FROM v GROUP BY k) s
--> k: v.k
--> total: AGGREGATION v.x
--> *: GROUP_BY v.k

--# a star of a set operation
SELECT * FROM (SELECT a, b FROM t UNION ALL SELECT e, a FROM u) s
--> a: t.a u.e
--> b: t.b u.a

--# a star twice
SELECT *  FROM (SELECT l.a, r.e FROM t l JOIN u r ON l.a = r.a) s1, (SELECT k FROM w) s2
--> a: t.a
--> e: u.e
--> k: w.k
--> *: JOIN t.a u.a

--# a star over a join that merges a column
SELECT * FROM t JOIN u USING (a)
--> a: t.a
--> b: t.b
--> c: t.c
--> d: t.d
--> e: u.e
--> f: u.f
--> *: JOIN t.a u.a

--# a star over a natural join @postgres mysql duckdb snowflake trino oracle spark ansi
SELECT * FROM v NATURAL JOIN w
--> k: v.k
--> x: v.x
--> y: v.y
--> z: v.z
--> p: w.p
--> q: w.q
--> *: JOIN v.k w.k

--# a star over a join that merges the second column keeps the left side's order @duckdb
--: left_side(x int, id int)
--: right_side(y int, id int)
SELECT * FROM left_side JOIN right_side USING (id)
--> x: left_side.x
--> id: left_side.id
--> y: right_side.y
--> *: JOIN left_side.id right_side.id

--# a star over a join that merges the second column first @postgres trino spark mysql
--: left_side(x int, id int)
--: right_side(y int, id int)
SELECT * FROM left_side JOIN right_side USING (id)
--> id: left_side.id
--> x: left_side.x
--> y: right_side.y
--> *: JOIN left_side.id right_side.id

--# a qualified star over a join that merges keeps its own column @postgres duckdb spark trino
SELECT r.* FROM t l JOIN u r USING (a)
--> a: u.a
--> e: u.e
--> f: u.f
--> *: JOIN t.a u.a

--# ilike in a star @snowflake
SELECT * ILIKE '%a%' FROM u
--> a: u.a
