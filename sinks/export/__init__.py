"""What is known in the forms that others read: a page for people, bills of materials for tools."""
