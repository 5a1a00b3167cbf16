--# a series of numbers @postgres duckdb
SELECT n FROM generate_series(1, 10) AS g (n)
--> n:

--# a series joined with a table @postgres duckdb
SELECT o.id, g.n FROM orders o CROSS JOIN generate_series(1, 3) AS g (n)
--> id: orders.id
--> n:

--# a series up to a column @postgres duckdb
--: rolls(id int, sides int)
SELECT r.id, g.n FROM rolls r CROSS JOIN LATERAL generate_series(1, r.sides) AS g (n)
--> id: rolls.id
--> n: TRANSFORMATION rolls.sides
--> *: JOIN rolls.sides

--# a sequence @trino
SELECT d FROM UNNEST(SEQUENCE(DATE '2024-01-01', DATE '2024-01-31')) AS s (d)
--> d:

--# an array of dates @bigquery
SELECT d FROM UNNEST(GENERATE_DATE_ARRAY('2024-01-01', '2024-01-31')) AS d
--> d:

--# a generator @snowflake
SELECT SEQ4() AS n FROM TABLE(GENERATOR(ROWCOUNT => 10))
--> n:

--# range @spark databricks
SELECT id FROM range(10)
--> id:

--# numbers @clickhouse
SELECT number FROM numbers(10)
--> number:

--# a spine of dates joined with facts @postgres
SELECT d.day, SUM(o.amount) AS s FROM generate_series('2024-01-01'::date, '2024-12-31'::date, '1 day') AS d (day) LEFT JOIN orders o ON o.ordered_at = d.day GROUP BY d.day
--> day:
--> s: AGGREGATION orders.amount
--> *: JOIN orders.ordered_at

--# a parquet file by function @duckdb
SELECT id, amount FROM read_parquet('s3://lake/orders/part.parquet')
--! not executed: no such file
--> id: s3://lake/orders/part.parquet::id~sole_candidate
--> amount: s3://lake/orders/part.parquet::amount~sole_candidate

--# a file named as a table @duckdb
SELECT f.id FROM 's3://lake/orders/part.parquet' f
--! not executed: no such file
--> id: s3://lake/orders/part.parquet::id~qualified

--# a path named as a table @spark databricks
SELECT f.id FROM parquet.`s3://lake/orders` f
--> id: s3://lake/orders::id~qualified

--# a file read by name @databricks
SELECT f.id FROM read_files('s3://lake/orders', format => 'json') f
--> id: s3://lake/orders::id~qualified

--# a function of one's own @postgres snowflake
SELECT f.x FROM my_function(3) AS f
--! not executed: no such function
--> x:
--> !: unknown_schema

--# a subquery over a series @postgres duckdb
SELECT s.n * 2 AS twice FROM (SELECT n FROM generate_series(1, 5) AS g (n)) s
--> twice:

--# regular expression matches @postgres
SELECT c.id, m.parts FROM customers c CROSS JOIN LATERAL regexp_matches(c.email, '(.*)@(.*)', 'g') AS m (parts)
--> id: customers.id
--> parts: TRANSFORMATION customers.email
--> *: JOIN customers.email

--# a string split to rows @postgres
SELECT c.id, w FROM customers c, LATERAL unnest(string_to_array(c.name, ' ')) AS w
--> id: customers.id
--> w: TRANSFORMATION customers.name
--> *: JOIN customers.name

--# a split exploded @spark databricks hive
SELECT id, w FROM customers LATERAL VIEW EXPLODE(SPLIT(name, ' ')) x AS w
--> id: customers.id
--> w: TRANSFORMATION customers.name
--> *: JOIN customers.name
