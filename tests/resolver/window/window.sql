--# a row number has no source but its keys
SELECT id, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at DESC) AS rn FROM orders
--> id: orders.id
--> rn: WINDOW orders.customer_id orders.ordered_at

--# ranks
SELECT id, RANK() OVER (ORDER BY amount) AS r, DENSE_RANK() OVER (PARTITION BY status ORDER BY amount) AS dr FROM orders
--> id: orders.id
--> r: WINDOW orders.amount
--> dr: WINDOW orders.status orders.amount

--# a running sum
SELECT id, SUM(amount) OVER (PARTITION BY customer_id ORDER BY ordered_at) AS running FROM orders
--> id: orders.id
--> running: AGGREGATION orders.amount; WINDOW orders.customer_id orders.ordered_at

--# a running sum over a frame
SELECT AVG(amount) OVER (ORDER BY ordered_at ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS weekly FROM orders
--> weekly: AGGREGATION orders.amount; WINDOW orders.ordered_at

--# a sum over everything
SELECT amount, SUM(amount) OVER () AS total FROM orders
--> amount: orders.amount
--> total: AGGREGATION orders.amount

--# a share of the whole
SELECT id, amount * 100.0 / SUM(amount) OVER (PARTITION BY status) AS share FROM orders
--> id: orders.id
--> share: TRANSFORMATION orders.amount; AGGREGATION orders.amount; WINDOW orders.status

--# the value of the row before
SELECT id, LAG(amount) OVER (PARTITION BY customer_id ORDER BY ordered_at) AS before FROM orders
--> id: orders.id
--> before: TRANSFORMATION orders.amount; WINDOW orders.customer_id orders.ordered_at

--# the value of a later row with a default
SELECT LEAD(amount, 1, discount) OVER (ORDER BY id) AS after FROM orders
--> after: TRANSFORMATION orders.amount orders.discount; WINDOW orders.id

--# first and last values
SELECT FIRST_VALUE(status) OVER (PARTITION BY customer_id ORDER BY ordered_at) AS f, LAST_VALUE(status) OVER (PARTITION BY customer_id ORDER BY ordered_at ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS l FROM orders
--> f: TRANSFORMATION orders.status; WINDOW orders.customer_id orders.ordered_at
--> l: TRANSFORMATION orders.status; WINDOW orders.customer_id orders.ordered_at

--# quartiles
SELECT id, NTILE(4) OVER (ORDER BY amount) AS quartile FROM orders
--> id: orders.id
--> quartile: WINDOW orders.amount

--# a count over a window masks
SELECT id, COUNT(status) OVER (PARTITION BY customer_id) AS n FROM orders
--> id: orders.id
--> n: AGGREGATION masked orders.status; WINDOW orders.customer_id

--# a count of rows over a window
SELECT id, COUNT(*) OVER (PARTITION BY customer_id) AS n FROM orders
--> id: orders.id
--> n: WINDOW orders.customer_id

--# a named window @postgres mysql duckdb bigquery spark trino clickhouse databricks
SELECT id, SUM(amount) OVER w AS s, RANK() OVER w AS r FROM orders WINDOW w AS (PARTITION BY customer_id ORDER BY ordered_at)
--> id: orders.id
--> s: AGGREGATION orders.amount; WINDOW orders.customer_id orders.ordered_at
--> r: WINDOW orders.customer_id orders.ordered_at

--# a window built on a named one @postgres mysql duckdb
SELECT SUM(amount) OVER (w ORDER BY ordered_at) AS s FROM orders WINDOW w AS (PARTITION BY customer_id)
--> s: AGGREGATION orders.amount; WINDOW orders.customer_id orders.ordered_at

--# a partition by an expression
SELECT id, SUM(amount) OVER (PARTITION BY EXTRACT(YEAR FROM ordered_at), LOWER(status)) AS s FROM orders
--> id: orders.id
--> s: AGGREGATION orders.amount; WINDOW orders.ordered_at orders.status

--# the newest row of each kept by an outer filter
SELECT id, status FROM (SELECT id, status, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at DESC) AS rn FROM orders) s WHERE rn = 1
--> id: orders.id
--> status: orders.status
--> *: FILTER orders.customer_id orders.ordered_at

--# the row number kept beside the filter
SELECT * FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at DESC) AS rn FROM orders) s WHERE rn <= 3
--> id: orders.id
--> rn: WINDOW orders.customer_id orders.ordered_at
--> *: FILTER orders.customer_id orders.ordered_at

--# qualify with a function of its own @snowflake bigquery duckdb databricks redshift
SELECT id, status FROM orders QUALIFY ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at DESC) = 1
--> id: orders.id
--> status: orders.status
--> *: FILTER orders.customer_id orders.ordered_at

--# qualify by the name of an output @snowflake bigquery duckdb databricks
SELECT id, RANK() OVER (PARTITION BY status ORDER BY amount) AS r FROM orders WHERE discount = 0 QUALIFY r = 1
--> id: orders.id
--> r: WINDOW orders.status orders.amount
--> *: FILTER orders.discount orders.status orders.amount

--# qualify over an aggregate @snowflake duckdb databricks bigquery
SELECT id FROM orders QUALIFY amount > AVG(amount) OVER (PARTITION BY customer_id)
--> id: orders.id
--> *: FILTER orders.amount orders.customer_id

--# a window over a grouped result
SELECT status, SUM(amount) AS s, RANK() OVER (ORDER BY SUM(amount) DESC) AS r FROM orders GROUP BY status
--> status: orders.status
--> s: AGGREGATION orders.amount
--> r: WINDOW orders.amount
--> *: GROUP_BY orders.status

--# a sum over a sum
SELECT status, SUM(SUM(amount)) OVER (ORDER BY status) AS cum FROM orders GROUP BY status
--> status: orders.status
--> cum: AGGREGATION orders.amount; WINDOW orders.status
--> *: GROUP_BY orders.status

--# an output built on a window of a subquery
SELECT id, amount - before AS change FROM (SELECT id, amount, LAG(amount) OVER (PARTITION BY customer_id ORDER BY ordered_at) AS before FROM orders) s
--> id: orders.id
--> change: TRANSFORMATION orders.amount; WINDOW orders.customer_id orders.ordered_at

--# sessions by a gap
WITH marked AS (SELECT user_id, seen_at, CASE WHEN LAG(seen_at) OVER (PARTITION BY user_id ORDER BY seen_at) IS NULL THEN 1 ELSE 0 END AS starts FROM visits) SELECT user_id, SUM(starts) OVER (PARTITION BY user_id ORDER BY seen_at) AS session_no FROM marked
--> user_id: visits.user_id
--> session_no: CONDITIONAL visits.seen_at visits.user_id; WINDOW visits.user_id visits.seen_at

--# a window within a case
SELECT id, CASE WHEN ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at) = 1 THEN amount ELSE 0 END AS first_amount FROM orders
--> id: orders.id
--> first_amount: orders.amount; CONDITIONAL orders.customer_id orders.ordered_at

--# a window in the order by
SELECT id FROM orders ORDER BY SUM(amount) OVER (PARTITION BY customer_id)
--> id: orders.id
--> *: SORT orders.amount orders.customer_id

--# a filtered window aggregate @postgres duckdb
SELECT id, SUM(amount) FILTER (WHERE status = 'paid') OVER (PARTITION BY customer_id) AS s FROM orders
--> id: orders.id
--> s: AGGREGATION orders.amount; CONDITIONAL orders.status; WINDOW orders.customer_id

--# ignoring nulls @snowflake bigquery duckdb oracle redshift databricks
SELECT id, LAST_VALUE(status IGNORE NULLS) OVER (PARTITION BY customer_id ORDER BY ordered_at) AS s FROM orders
--> id: orders.id
--> s: TRANSFORMATION orders.status; WINDOW orders.customer_id orders.ordered_at

--# ignoring nulls after the call @snowflake trino oracle tsql
SELECT id, LAG(status) IGNORE NULLS OVER (PARTITION BY customer_id ORDER BY ordered_at) AS s FROM orders
--> id: orders.id
--> s: TRANSFORMATION orders.status; WINDOW orders.customer_id orders.ordered_at

--# a percentile over a window @snowflake tsql bigquery redshift oracle
SELECT id, PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY amount) OVER (PARTITION BY status) AS med FROM orders
--! not executed: BigQuery writes the value as an argument; the reading is the same
--> id: orders.id
--> med: AGGREGATION orders.amount; WINDOW orders.status

--# keep dense rank @oracle
SELECT customer_id, MAX(status) KEEP (DENSE_RANK LAST ORDER BY ordered_at) AS last_status FROM orders GROUP BY customer_id
--> customer_id: orders.customer_id
--> last_status: AGGREGATION orders.status; SORT orders.ordered_at
--> *: GROUP_BY orders.customer_id

--# distribution functions
SELECT id, PERCENT_RANK() OVER (ORDER BY amount) AS pr, CUME_DIST() OVER (PARTITION BY status ORDER BY amount) AS cd FROM orders
--> id: orders.id
--> pr: WINDOW orders.amount
--> cd: WINDOW orders.status orders.amount

--# the nth value @postgres snowflake bigquery duckdb trino mysql oracle redshift
SELECT NTH_VALUE(amount, 2) OVER (PARTITION BY customer_id ORDER BY ordered_at) AS second FROM orders
--> second: TRANSFORMATION orders.amount; WINDOW orders.customer_id orders.ordered_at

--# a ratio of windows
SELECT id, SUM(amount) OVER (PARTITION BY customer_id) / COUNT(*) OVER (PARTITION BY status) AS r FROM orders
--> id: orders.id
--> r: AGGREGATION orders.amount; WINDOW orders.customer_id orders.status

--# rows deduplicated before an aggregate
SELECT status, SUM(amount) AS s FROM (SELECT status, amount, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ordered_at DESC) AS rn FROM orders) x WHERE rn = 1 GROUP BY status
--> status: orders.status
--> s: AGGREGATION orders.amount
--> *: FILTER orders.id orders.ordered_at; GROUP_BY orders.status
