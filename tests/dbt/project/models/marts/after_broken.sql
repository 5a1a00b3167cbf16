{{ config(enabled=var('broken', false)) }}

select customer_id from {{ ref('broken') }}
