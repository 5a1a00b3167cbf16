--# a body of T-SQL @tsql
CREATE PROCEDURE load_fresh AS BEGIN
  DELETE FROM fresh WHERE k = 1;
  INSERT INTO fresh (k, v) SELECT id, amount FROM orders WHERE status = 'paid';
END
--> into fresh
--> k: orders.id
--> v: orders.amount
--> *: FILTER fresh.k~sole_candidate orders.status

--# a body of PL/pgSQL @postgres
CREATE OR REPLACE PROCEDURE load_fresh() LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO fresh (k, v) SELECT id, amount FROM orders WHERE status = 'paid';
END;
$$
--> into fresh
--> k: orders.id
--> v: orders.amount
--> *: FILTER orders.status

--# a function in SQL with a table as result @postgres
CREATE OR REPLACE FUNCTION refresh() RETURNS void LANGUAGE sql AS $$
  INSERT INTO fresh (k) SELECT id FROM orders;
  UPDATE fresh SET v = 1 WHERE k > 3;
$$
--> into fresh
--> k: orders.id
--> v:
--> *: FILTER fresh.k~sole_candidate

--# an anonymous block @postgres
DO $$
BEGIN
  IF 1 = 1 THEN
    INSERT INTO fresh (k, v) SELECT id, amount FROM orders;
  ELSE
    INSERT INTO fresh (k, v) SELECT id, salary FROM employees;
  END IF;
END
$$
--> into fresh
--> k: orders.id employees.id
--> v: orders.amount employees.salary

--# Snowflake scripting @snowflake
CREATE OR REPLACE PROCEDURE load_fresh() RETURNS VARCHAR LANGUAGE SQL AS
$$
BEGIN
  INSERT INTO fresh (k, v) SELECT id, amount FROM orders;
  RETURN 'ok';
END;
$$
--> into fresh
--> k: orders.id
--> v: orders.amount

--# a block of BigQuery @bigquery
BEGIN
  CREATE TEMP TABLE tmp AS SELECT id, amount FROM orders;
  INSERT INTO fresh (k, v) SELECT id, amount FROM tmp;
END
--> into tmp
--> id: orders.id
--> amount: orders.amount
--> into fresh
--> k: orders.id
--> v: orders.amount

--# a literal text executed @snowflake postgres oracle bigquery
EXECUTE IMMEDIATE 'INSERT INTO fresh (k) SELECT id FROM orders'
--> into fresh
--> k: orders.id

--# a literal text executed by procedure @tsql
EXEC sp_executesql N'INSERT INTO fresh (k) SELECT id FROM orders'
--> into fresh
--> k: orders.id

--# a text put together at run time @snowflake bigquery
EXECUTE IMMEDIATE 'INSERT INTO ' || target || ' SELECT id FROM orders'
--> !: dynamic_sql

--# a variable executed @tsql
EXEC (@statement)
--> !: dynamic_sql

--# a variable executed @snowflake bigquery oracle postgres
EXECUTE IMMEDIATE statement_text
--> !: dynamic_sql

--# an unrendered template as table @ansi snowflake bigquery
SELECT id FROM {{ ref('orders') }}
--! not executed: a template is no SQL
--> !: template

--# an unrendered template as statement @ansi snowflake
{% if is_incremental() %} SELECT id FROM orders {% else %} SELECT id FROM customers {% endif %}
--> from orders customers
--! not executed: a template is no SQL
--> !: template
