--# proc without semicolon @tsql
CREATE PROCEDURE p AS BEGIN INSERT INTO t (a) SELECT id FROM orders; UPDATE t SET b = c END
--> into t
--> a: orders.id
--> b: t.c
