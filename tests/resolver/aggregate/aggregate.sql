--# a sum
SELECT SUM(amount) AS total FROM orders
--> total: AGGREGATION orders.amount

--# sum, average, least and largest by group
SELECT customer_id, SUM(amount) AS s, AVG(amount) AS m, MIN(discount) AS lo, MAX(discount) AS hi FROM orders GROUP BY customer_id
--> customer_id: orders.customer_id
--> s: AGGREGATION orders.amount
--> m: AGGREGATION orders.amount
--> lo: AGGREGATION orders.discount
--> hi: AGGREGATION orders.discount
--> *: GROUP_BY orders.customer_id

--# a count of a column masks it
SELECT COUNT(email) AS n, COUNT(DISTINCT country) AS c FROM customers
--> n: AGGREGATION masked customers.email
--> c: AGGREGATION masked customers.country

--# counts without a column
SELECT COUNT(*) AS n, COUNT(1) AS m FROM customers
--> n:
--> m:
--> from customers

--# a count by group
SELECT country, COUNT(*) AS n FROM customers GROUP BY country
--> country: customers.country
--> n:
--> *: GROUP_BY customers.country

--# a sum over an expression
SELECT SUM(quantity * unit_price) AS revenue FROM order_items
--> revenue: AGGREGATION order_items.quantity order_items.unit_price

--# an expression over sums
SELECT SUM(amount) / NULLIF(COUNT(*), 0) AS per_order FROM orders
--> per_order: AGGREGATION orders.amount

--# a sum and a group key in one expression
SELECT customer_id + SUM(amount) AS x FROM orders GROUP BY customer_id
--> x: TRANSFORMATION orders.customer_id; AGGREGATION orders.amount
--> *: GROUP_BY orders.customer_id

--# having is a filter
SELECT customer_id FROM orders GROUP BY customer_id HAVING SUM(amount) > 100 AND COUNT(*) > 2
--> customer_id: orders.customer_id
--> *: GROUP_BY orders.customer_id; FILTER orders.amount

--# group by an expression
SELECT EXTRACT(YEAR FROM ordered_at) AS y, SUM(amount) AS s FROM orders GROUP BY EXTRACT(YEAR FROM ordered_at)
--> y: TRANSFORMATION orders.ordered_at
--> s: AGGREGATION orders.amount
--> *: GROUP_BY orders.ordered_at

--# group by place @postgres mysql snowflake bigquery redshift spark trino duckdb databricks clickhouse hive
SELECT status, amount - discount AS net, COUNT(*) AS n FROM orders GROUP BY 1, 2
--> status: orders.status
--> net: TRANSFORMATION orders.amount orders.discount
--> n:
--> *: GROUP_BY orders.status orders.amount orders.discount

--# group by the name of an output @postgres mysql snowflake bigquery redshift spark duckdb databricks clickhouse
SELECT amount - discount AS net, COUNT(*) AS n FROM orders GROUP BY net
--> net: TRANSFORMATION orders.amount orders.discount
--> n:
--> *: GROUP_BY orders.amount orders.discount

--# in group by a column wins over an output's name @postgres duckdb redshift spark
SELECT UPPER(status) AS status, COUNT(*) AS n FROM orders GROUP BY orders.status
--> status: TRANSFORMATION orders.status
--> n:
--> *: GROUP_BY orders.status

--# group by a case
SELECT CASE WHEN amount > discount THEN status ELSE 'x' END AS bucket, COUNT(*) AS n FROM orders GROUP BY CASE WHEN amount > discount THEN status ELSE 'x' END
--> bucket: orders.status; CONDITIONAL orders.amount orders.discount
--> n:
--> *: GROUP_BY orders.status orders.amount orders.discount

--# group by all @duckdb snowflake databricks bigquery
SELECT status, discount + 1 AS d, SUM(amount) AS s FROM orders GROUP BY ALL
--> status: orders.status
--> d: TRANSFORMATION orders.discount
--> s: AGGREGATION orders.amount
--> *: GROUP_BY orders.status orders.discount

--# rollup @postgres snowflake spark trino duckdb tsql oracle bigquery redshift databricks
SELECT country, segment, COUNT(id) AS n FROM customers GROUP BY ROLLUP (country, segment)
--> country: customers.country
--> segment: customers.segment
--> n: AGGREGATION masked customers.id
--> *: GROUP_BY customers.country customers.segment

--# cube @postgres snowflake spark trino duckdb tsql oracle databricks
SELECT country, segment, COUNT(*) AS n FROM customers GROUP BY CUBE (country, segment)
--> country: customers.country
--> segment: customers.segment
--> n:
--> *: GROUP_BY customers.country customers.segment

--# grouping sets @postgres snowflake spark trino duckdb tsql oracle databricks
SELECT country, segment, COUNT(*) AS n FROM customers GROUP BY GROUPING SETS ((country), (segment), ())
--> country: customers.country
--> segment: customers.segment
--> n:
--> *: GROUP_BY customers.country customers.segment

--# with rollup @mysql hive spark
SELECT country, COUNT(*) AS n FROM customers GROUP BY country WITH ROLLUP
--> country: customers.country
--> n:
--> *: GROUP_BY customers.country

--# distinct counts as grouping
SELECT DISTINCT country, LOWER(segment) AS seg FROM customers
--> country: customers.country
--> seg: TRANSFORMATION customers.segment
--> *: GROUP_BY customers.country customers.segment

--# distinct over a case groups by its condition too
SELECT DISTINCT CASE WHEN amount > 10 THEN status END AS s FROM orders
--> s: orders.status; CONDITIONAL orders.amount
--> *: GROUP_BY orders.amount orders.status

--# distinct on @postgres duckdb
SELECT DISTINCT ON (customer_id) customer_id, status FROM orders ORDER BY customer_id, ordered_at DESC
--> customer_id: orders.customer_id
--> status: orders.status
--> *: GROUP_BY orders.customer_id; SORT orders.customer_id orders.ordered_at

--# a filtered aggregate @postgres duckdb trino spark databricks
SELECT SUM(amount) FILTER (WHERE status = 'paid') AS paid, SUM(amount) AS s FROM orders
--> paid: AGGREGATION orders.amount; CONDITIONAL orders.status
--> s: AGGREGATION orders.amount

--# a filtered count @postgres duckdb trino spark databricks
SELECT COUNT(*) FILTER (WHERE status = 'paid') AS n FROM orders
--> n: CONDITIONAL orders.status

--# a sum over a case
SELECT SUM(CASE WHEN status = 'paid' THEN amount ELSE 0 END) AS paid FROM orders
--> paid: AGGREGATION orders.amount; CONDITIONAL orders.status

--# a count over a case of constants
SELECT COUNT(CASE WHEN status = 'paid' THEN 1 END) AS n FROM orders
--> n: CONDITIONAL orders.status

--# a conditional sum by suffix @clickhouse
SELECT sumIf(amount, status = 'paid') AS paid, countIf(status = 'open') AS n FROM orders
--> paid: AGGREGATION orders.amount; CONDITIONAL orders.status
--> n: AGGREGATION masked orders.status

--# a count of true rows @duckdb snowflake trino databricks spark bigquery
SELECT COUNT_IF(status = 'paid') AS n FROM orders
--! not executed: BigQuery calls it COUNTIF; sqlglot reads both
--> n: AGGREGATION masked orders.status

--# a string aggregate in order @postgres duckdb
SELECT country, STRING_AGG(name, ', ' ORDER BY created_at) AS names FROM customers GROUP BY country
--> country: customers.country
--> names: AGGREGATION customers.name; SORT customers.created_at
--> *: GROUP_BY customers.country

--# listagg @snowflake redshift oracle trino
SELECT LISTAGG(name, ', ') WITHIN GROUP (ORDER BY created_at) AS names FROM customers
--> names: AGGREGATION customers.name; SORT customers.created_at

--# string_agg within group @tsql
SELECT STRING_AGG(name, ', ') WITHIN GROUP (ORDER BY created_at) AS names FROM customers
--> names: AGGREGATION customers.name; SORT customers.created_at

--# group_concat @mysql
SELECT GROUP_CONCAT(DISTINCT name ORDER BY created_at DESC SEPARATOR '; ') AS names FROM customers
--> names: AGGREGATION customers.name; SORT customers.created_at

--# array_agg with an order @postgres duckdb snowflake bigquery trino
SELECT ARRAY_AGG(name ORDER BY created_at) AS names FROM customers
--> names: AGGREGATION customers.name; SORT customers.created_at

--# a percentile within a group @postgres snowflake duckdb redshift oracle
SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY amount) AS median FROM orders
--> median: AGGREGATION orders.amount

--# the value that goes with the largest @duckdb snowflake trino databricks spark
SELECT MAX_BY(status, ordered_at) AS last_status FROM orders
--> last_status: AGGREGATION orders.status orders.ordered_at

--# argMax @clickhouse duckdb
SELECT argMax(status, ordered_at) AS last_status FROM orders
--> last_status: AGGREGATION orders.status orders.ordered_at

--# approximate distinct counts @duckdb snowflake bigquery databricks spark
SELECT APPROX_COUNT_DISTINCT(email) AS n FROM customers
--> n: AGGREGATION masked customers.email

--# a sum of sums
SELECT SUM(s.total) AS grand FROM (SELECT customer_id, SUM(amount) AS total FROM orders GROUP BY customer_id) s
--> grand: AGGREGATION orders.amount
--> *: GROUP_BY orders.customer_id

--# the sum of a count masks through
SELECT SUM(s.n) AS total FROM (SELECT country, COUNT(email) AS n FROM customers GROUP BY country) s
--> total: AGGREGATION masked customers.email
--> *: GROUP_BY customers.country

--# a group key that is not selected
SELECT SUM(amount) AS s FROM orders GROUP BY customer_id, status
--> s: AGGREGATION orders.amount
--> *: GROUP_BY orders.customer_id orders.status

--# booleans folded @postgres snowflake duckdb trino
SELECT BOOL_OR(amount > 10) AS any_large FROM orders
--! not executed: Snowflake calls it BOOLOR_AGG; the reading is the same
--> any_large: AGGREGATION orders.amount

--# correlation of two columns @postgres snowflake duckdb trino spark oracle bigquery
SELECT CORR(amount, discount) AS r, STDDEV(amount) AS sd FROM orders
--> r: AGGREGATION orders.amount orders.discount
--> sd: AGGREGATION orders.amount

--# a grouping function @postgres snowflake spark duckdb oracle trino tsql
SELECT country, GROUPING(country) AS g, COUNT(*) AS n FROM customers GROUP BY ROLLUP (country)
--> country: customers.country
--> g: TRANSFORMATION customers.country
--> n:
--> *: GROUP_BY customers.country

--# an aggregate used in order by alone
SELECT status FROM orders GROUP BY status ORDER BY SUM(amount) DESC
--> status: orders.status
--> *: GROUP_BY orders.status; SORT orders.amount

--# a json object aggregate @postgres
SELECT JSON_OBJECT_AGG(name, email) AS m FROM customers
--> m: AGGREGATION customers.name customers.email

--# any value @duckdb snowflake bigquery databricks mysql trino redshift
SELECT country, ANY_VALUE(name) AS example FROM customers GROUP BY country
--> country: customers.country
--> example: AGGREGATION customers.name
--> *: GROUP_BY customers.country
