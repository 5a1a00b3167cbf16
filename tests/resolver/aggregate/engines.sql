--# filter clause @postgres duckdb trino spark databricks
SELECT country, COUNT(*) FILTER (WHERE segment = 'x') AS n, SUM(id) FILTER (WHERE name IS NOT NULL) AS s FROM customers GROUP BY country
--> country: customers.country
--> n: CONDITIONAL customers.segment
--> s: AGGREGATION customers.id; CONDITIONAL customers.name
--> *: GROUP_BY customers.country

--# within group @postgres snowflake redshift tsql
SELECT status, PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY amount) AS med FROM orders GROUP BY status
--> status: orders.status
--> med: AGGREGATION orders.amount
--> *: GROUP_BY orders.status

--# listagg in the order of another column @snowflake oracle redshift
SELECT status, LISTAGG(id, ',') WITHIN GROUP (ORDER BY amount) AS ids FROM orders GROUP BY status
--> status: orders.status
--> ids: AGGREGATION orders.id; SORT orders.amount
--> *: GROUP_BY orders.status

--# string_agg order by @postgres duckdb
SELECT status, STRING_AGG(d, ',' ORDER BY a DESC) AS ds FROM t JOIN orders ON a = id GROUP BY status
--> status: orders.status
--> ds: AGGREGATION t.d; SORT t.a
--> *: JOIN t.a orders.id; GROUP_BY orders.status

--# array_agg order limit @bigquery
SELECT status, ARRAY_AGG(amount IGNORE NULLS ORDER BY ordered_at DESC LIMIT 1)[OFFSET(0)] AS last FROM orders GROUP BY status
--> status: orders.status
--> last: AGGREGATION orders.amount; SORT orders.ordered_at
--> *: GROUP_BY orders.status

--# arg_max @duckdb trino snowflake databricks clickhouse
SELECT status, max_by(id, amount) AS top FROM orders GROUP BY status
--> status: orders.status
--> top: AGGREGATION orders.id orders.amount
--> *: GROUP_BY orders.status

--# grouping sets beside a count
SELECT country, segment, COUNT(*) AS n, GROUPING(country) AS g FROM customers GROUP BY GROUPING SETS ((country, segment), (country), ())
--> country: customers.country
--> segment: customers.segment
--> n:
--> g: TRANSFORMATION customers.country
--> *: GROUP_BY customers.country customers.segment

--# rollup mysql @mysql
SELECT country, COUNT(*) AS n FROM customers GROUP BY country WITH ROLLUP
--> country: customers.country
--> n:
--> *: GROUP_BY customers.country

--# group by all of an expression @snowflake duckdb databricks bigquery
SELECT country, UPPER(segment) AS s, COUNT(DISTINCT id) AS n FROM customers GROUP BY ALL
--> country: customers.country
--> s: TRANSFORMATION customers.segment
--> n: AGGREGATION customers.id masked
--> *: GROUP_BY customers.country customers.segment

--# keep dense rank @oracle
SELECT department, MAX(salary) KEEP (DENSE_RANK LAST ORDER BY hired_on) AS s FROM employees GROUP BY department
--> department: employees.department
--> s: AGGREGATION employees.salary; SORT employees.hired_on
--> *: GROUP_BY employees.department

--# sumIf @clickhouse
SELECT status, sumIf(amount, discount > 0) AS s, countIf(discount > 1) AS n, uniqExact(customer_id) AS u FROM orders GROUP BY status
--> status: orders.status
--> s: AGGREGATION orders.amount; CONDITIONAL orders.discount
--> n: AGGREGATION orders.discount masked
--> u: AGGREGATION orders.customer_id masked
--> *: GROUP_BY orders.status

--# group by alias and ordinal @postgres mysql bigquery snowflake
SELECT UPPER(status) AS st, COUNT(*) AS n FROM orders GROUP BY 1 ORDER BY 2 DESC
--> st: TRANSFORMATION orders.status
--> n:
--> *: GROUP_BY orders.status

--# distinct on one column @postgres duckdb
SELECT DISTINCT ON (customer_id) id, amount FROM orders ORDER BY customer_id, ordered_at DESC
--> id: orders.id
--> amount: orders.amount
--> *: GROUP_BY orders.customer_id; SORT orders.customer_id orders.ordered_at

--# having without group
SELECT MAX(a) AS m FROM t HAVING MIN(b) > 0
--! no effect: few rows drawn satisfy the condition
--> m: AGGREGATION t.a
--> *: FILTER t.b

--# json_arrayagg @mysql
SELECT JSON_ARRAYAGG(d) AS j, JSON_OBJECTAGG(d, a) AS o, GROUP_CONCAT(DISTINCT d ORDER BY a SEPARATOR ';') AS g FROM t
--> j: AGGREGATION t.d
--> o: AGGREGATION t.d t.a
--> g: AGGREGATION t.d; SORT t.a

--# approx @snowflake bigquery trino spark redshift
SELECT APPROX_COUNT_DISTINCT(customer_id) AS n FROM orders
--> n: AGGREGATION orders.customer_id masked

--# approx redshift @redshift
SELECT APPROXIMATE COUNT(DISTINCT customer_id) AS n FROM orders
--> n: AGGREGATION orders.customer_id masked

--# qualify with alias @snowflake databricks duckdb bigquery
SELECT id, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at DESC) AS rn FROM orders QUALIFY rn = 1
--> id: orders.id
--> rn: WINDOW orders.customer_id orders.ordered_at
--> *: FILTER orders.customer_id orders.ordered_at

--# named window @postgres mysql bigquery duckdb
SELECT SUM(amount) OVER w AS s, LAG(amount, 1, discount) OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS l FROM orders WINDOW w AS (PARTITION BY customer_id ORDER BY ordered_at)
--> s: AGGREGATION orders.amount; WINDOW orders.customer_id orders.ordered_at
--> l: TRANSFORMATION orders.amount orders.discount; WINDOW orders.customer_id orders.ordered_at

--# first value ignore nulls @snowflake oracle redshift
SELECT FIRST_VALUE(amount) IGNORE NULLS OVER (PARTITION BY customer_id ORDER BY ordered_at) AS f FROM orders
--> f: TRANSFORMATION orders.amount; WINDOW orders.customer_id orders.ordered_at

--# ratio_to_report @oracle snowflake redshift
SELECT id, RATIO_TO_REPORT(amount) OVER (PARTITION BY status) AS r FROM orders
--> id: orders.id
--> r: TRANSFORMATION orders.amount; WINDOW orders.status

--# window over aggregate
SELECT status, SUM(SUM(amount)) OVER (ORDER BY status) AS running FROM orders GROUP BY status
--> status: orders.status
--> running: AGGREGATION orders.amount; WINDOW orders.status
--> *: GROUP_BY orders.status
