--# a column list and a check option @all -oracle
CREATE OR REPLACE VIEW vv (a, b) AS SELECT id, SUM(amount) OVER (PARTITION BY status) FROM orders WHERE discount > 0 WITH CHECK OPTION
--> into vv
--> a: orders.id
--> b: AGGREGATION orders.amount; WINDOW orders.status
--> *: FILTER orders.discount

--# mv with no data @postgres
CREATE MATERIALIZED VIEW mv (a, b) AS SELECT id, amount FROM orders WITH NO DATA
--> into mv
--> a: orders.id
--> b: orders.amount

--# ctas with no data @postgres ansi
CREATE TABLE nt (a, b) AS SELECT id, amount FROM orders WITH NO DATA
--! not executed: it makes a table without rows
--> into nt
--> a: orders.id
--> b: orders.amount

--# tsql view check option @tsql
CREATE VIEW dbo.vv (a, b) WITH SCHEMABINDING AS SELECT id, amount FROM orders WHERE discount > 0 WITH CHECK OPTION
--> into dbo.vv
--> a: orders.id
--> b: orders.amount
--> *: FILTER orders.discount

--# oracle read only @oracle
CREATE OR REPLACE FORCE VIEW vv (a, b) AS SELECT id, amount FROM orders WITH READ ONLY
--> into vv
--> a: orders.id
--> b: orders.amount

--# mysql cascaded check option @mysql
CREATE OR REPLACE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW vv (a, b) AS SELECT id, amount FROM orders WHERE discount > 0 WITH CASCADED CHECK OPTION
--> into vv
--> a: orders.id
--> b: orders.amount
--> *: FILTER orders.discount

--# redshift no schema binding @redshift
CREATE VIEW vv (a) AS SELECT id FROM orders WITH NO SCHEMA BINDING
--> into vv
--> a: orders.id

--# db2-ish local check @postgres
CREATE VIEW vv (a) AS SELECT id FROM orders WHERE status = 'x' WITH LOCAL CHECK OPTION
--> into vv
--> a: orders.id
--> *: FILTER orders.status
