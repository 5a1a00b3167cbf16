--# a column as it is
SELECT amount FROM orders
--> amount: orders.amount

--# a column under another name
SELECT amount AS revenue FROM orders
--> revenue: orders.amount

--# a column qualified by its table
SELECT orders.amount FROM orders
--> amount: orders.amount

--# a column qualified by an alias
SELECT o.amount, o.status AS state FROM orders o
--> amount: orders.amount
--> state: orders.status

--# the same column twice
SELECT id, id AS order_id FROM orders
--> id: orders.id
--> order_id: orders.id

--# arithmetic over two columns
SELECT amount - discount AS net FROM orders
--> net: TRANSFORMATION orders.amount orders.discount

--# arithmetic with a constant
SELECT amount * 1.2 AS gross FROM orders
--> gross: TRANSFORMATION orders.amount

--# a constant has no source
SELECT 1 AS one, 'web' AS channel, NULL AS nothing FROM orders
--> one:
--> channel:
--> nothing:
--> from orders

--# a statement without FROM @all -oracle
SELECT 1 AS one, 'x' AS letter
--> one:
--> letter:

--# a select from dual @oracle mysql
SELECT 1 AS one FROM dual
--> one:

--# a cast is a transformation
SELECT CAST(amount AS VARCHAR(20)) AS amount_text FROM orders
--> amount_text: TRANSFORMATION orders.amount

--# a cast with colons @postgres redshift snowflake duckdb databricks clickhouse
SELECT amount::int AS whole FROM orders
--> whole: TRANSFORMATION orders.amount

--# a cast that may fail @snowflake databricks trino tsql bigquery duckdb
SELECT TRY_CAST(status AS INT) AS code FROM orders
--> code: TRANSFORMATION orders.status

--# a safe cast @bigquery
SELECT SAFE_CAST(status AS INT64) AS code FROM orders
--> code: TRANSFORMATION orders.status

--# a parenthesised column is the column
SELECT (amount) AS amount FROM orders
--> amount: orders.amount

--# nested parentheses around an expression
SELECT ((amount) + (discount)) AS s FROM orders
--> s: TRANSFORMATION orders.amount orders.discount

--# a function of a column
SELECT UPPER(name) AS shouted FROM customers
--> shouted: TRANSFORMATION customers.name

--# nested functions
SELECT LOWER(TRIM(email)) AS email FROM customers
--> email: TRANSFORMATION customers.email

--# a function nobody knows
SELECT my_udf(name, country, 3) AS x FROM customers
--! not executed: no such function
--> x: TRANSFORMATION customers.name customers.country

--# a function in a schema of its own @postgres snowflake bigquery redshift databricks trino tsql oracle
SELECT tools.clean(name) AS x FROM customers
--> x: TRANSFORMATION customers.name

--# concatenation with bars @ansi postgres snowflake redshift trino duckdb oracle spark
SELECT name || ' <' || email || '>' AS contact FROM customers
--> contact: TRANSFORMATION customers.name customers.email

--# concatenation by function
SELECT CONCAT(name, '-', country) AS tag FROM customers
--> tag: TRANSFORMATION customers.name customers.country

--# string addition @tsql
SELECT name + ' ' + country AS tag FROM customers
--> tag: TRANSFORMATION customers.name customers.country

--# a comparison as a value @postgres duckdb snowflake bigquery spark trino mysql
SELECT amount > 100 AS large FROM orders
--> large: TRANSFORMATION orders.amount

--# is null as a value @postgres duckdb snowflake bigquery spark trino mysql databricks
SELECT discount IS NULL AS full_price FROM orders
--> full_price: TRANSFORMATION orders.discount

--# between as a value @postgres duckdb snowflake bigquery spark mysql
SELECT amount BETWEEN discount AND 100 AS b FROM orders
--> b: TRANSFORMATION orders.amount orders.discount

--# like as a value @postgres duckdb snowflake bigquery spark mysql trino
SELECT name LIKE 'A%' AS starts FROM customers
--> starts: TRANSFORMATION customers.name

--# extracting a part of a date
SELECT EXTRACT(YEAR FROM ordered_at) AS y FROM orders
--> y: TRANSFORMATION orders.ordered_at

--# truncating a date @postgres redshift snowflake duckdb trino databricks spark
SELECT DATE_TRUNC('month', ordered_at) AS month FROM orders
--> month: TRANSFORMATION orders.ordered_at

--# truncating a date in BigQuery @bigquery
SELECT TIMESTAMP_TRUNC(ordered_at, MONTH) AS month, DATE(ordered_at) AS day FROM orders
--> month: TRANSFORMATION orders.ordered_at
--> day: TRANSFORMATION orders.ordered_at

--# the part of a date is no column @tsql snowflake redshift
SELECT DATEADD(day, 7, ordered_at) AS due, DATEDIFF(day, ordered_at, paid_at) AS waited FROM orders o JOIN payments p ON p.order_id = o.id
--: payments(order_id int, paid_at timestamp)
--> due: TRANSFORMATION orders.ordered_at
--> waited: TRANSFORMATION orders.ordered_at payments.paid_at
--> *: JOIN payments.order_id orders.id

--# an interval added @postgres duckdb snowflake trino databricks spark mysql bigquery
SELECT ordered_at + INTERVAL '7' DAY AS due FROM orders
--> due: TRANSFORMATION orders.ordered_at

--# the current time has no source @postgres duckdb snowflake trino mysql bigquery spark redshift databricks tsql oracle
SELECT id, CURRENT_TIMESTAMP AS loaded_at FROM orders
--> id: orders.id
--> loaded_at:

--# trim with its own grammar @postgres mysql trino oracle duckdb spark
SELECT TRIM(BOTH ' ' FROM name) AS n FROM customers
--> n: TRANSFORMATION customers.name

--# substring with its own grammar @postgres mysql spark trino duckdb
SELECT SUBSTRING(name FROM 1 FOR 3) AS n FROM customers
--> n: TRANSFORMATION customers.name

--# position with its own grammar @postgres mysql trino duckdb spark
SELECT POSITION('@' IN email) AS at FROM customers
--> at: TRANSFORMATION customers.email

--# an expression without a name
SELECT amount + 1 FROM orders
--> _: TRANSFORMATION orders.amount

--# two tables side by side
SELECT c.name, o.amount FROM customers c, orders o
--> name: customers.name
--> amount: orders.amount

--# the largest of several columns @postgres mysql snowflake bigquery redshift spark trino duckdb oracle databricks clickhouse
SELECT GREATEST(amount, discount, 0) AS m FROM orders
--> m: TRANSFORMATION orders.amount orders.discount

--# a unary minus
SELECT -amount AS owed FROM orders
--> owed: TRANSFORMATION orders.amount

--# a boolean negation @postgres duckdb spark mysql snowflake bigquery trino
SELECT NOT (amount > discount) AS n FROM orders
--> n: TRANSFORMATION orders.amount orders.discount

--# the same source by two expressions
SELECT amount, amount * 2 AS twice FROM orders
--> amount: orders.amount
--> twice: TRANSFORMATION orders.amount

--# a column and its own double in one expression
SELECT amount + amount * discount AS x FROM orders
--> x: TRANSFORMATION orders.amount orders.discount

--# a collation @postgres duckdb tsql snowflake
SELECT LOWER(name) AS n FROM customers ORDER BY 1
--> n: TRANSFORMATION customers.name
--> *: SORT customers.name

--# at time zone @postgres duckdb trino snowflake redshift
SELECT ordered_at AT TIME ZONE 'UTC' AS utc FROM orders
--> utc: TRANSFORMATION orders.ordered_at

--# regular expressions @snowflake bigquery spark trino databricks
SELECT REGEXP_REPLACE(email, '@.*', '') AS account FROM customers
--> account: TRANSFORMATION customers.email

--# a row limit alone orders nothing @postgres mysql snowflake bigquery spark trino duckdb clickhouse redshift hive databricks
SELECT id FROM orders LIMIT 10
--> id: orders.id

--# an ordered limit
SELECT id FROM orders ORDER BY amount DESC
--> id: orders.id
--> *: SORT orders.amount

--# top @tsql
SELECT TOP 10 id FROM orders ORDER BY amount DESC
--> id: orders.id
--> *: SORT orders.amount

--# fetch first @postgres trino oracle duckdb snowflake ansi
SELECT id FROM orders ORDER BY amount DESC, id FETCH FIRST 5 ROWS ONLY
--> id: orders.id
--> *: SORT orders.amount orders.id

--# order by the name of an output
SELECT id, amount - discount AS net FROM orders ORDER BY net
--> id: orders.id
--> net: TRANSFORMATION orders.amount orders.discount
--> *: SORT orders.amount orders.discount

--# order by the place of an output
SELECT id, amount - discount AS net FROM orders ORDER BY 2, 1
--> id: orders.id
--> net: TRANSFORMATION orders.amount orders.discount
--> *: SORT orders.amount orders.discount orders.id

--# an output's name wins over a column in order by
SELECT id AS amount FROM orders ORDER BY amount
--> amount: orders.id
--> *: SORT orders.id

--# order by an expression
SELECT id FROM orders ORDER BY amount - discount
--> id: orders.id
--> *: SORT orders.amount orders.discount

--# a filter acts on every row
SELECT id, amount FROM orders WHERE status = 'paid'
--> id: orders.id
--> amount: orders.amount
--> *: FILTER orders.status

--# a filter over several columns
SELECT id FROM orders WHERE status IN ('paid', 'sent') AND (amount > discount OR ordered_at IS NULL)
--> id: orders.id
--> *: FILTER orders.status orders.amount orders.discount orders.ordered_at

--# a filter column that is selected too
SELECT status FROM orders WHERE status <> 'x'
--> status: orders.status
--> *: FILTER orders.status

--# a case inside a filter is a filter
SELECT id FROM orders WHERE CASE WHEN status = 'paid' THEN amount ELSE discount END > 10
--> id: orders.id
--> *: FILTER orders.status orders.amount orders.discount
