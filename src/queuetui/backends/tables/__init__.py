"""The core for queues that are rows of SQL tables: a product is a description, all else is here.

source, codecs, product     what a product says: sources, the form of values, changes
stuck_rows, conditions      states, stuck rows and filters as SQL
rows                        which columns are read, and the job that a row is
pages, streams, orders      one page, merged from the rows of each source
lookup, counts              single jobs, and how many there are
moments, sizes, page_cache  what a read knows, and what is remembered between reads
inspector, operator         the roles; backend puts them together
changes, schedule_rows      what descriptions are made with
"""
