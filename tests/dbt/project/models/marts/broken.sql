{{ config(enabled=var('broken', false)) }}

select customer_id, no_such_column from {{ ref('customers') }}
