"""State anew what the application's role may do; `yunqian migrate` calls it after every migration."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction

from yunqian.server.records import isolation


class Command(BaseCommand):
    """Runs as the owner of the tables, in one transaction, so that the server never sees the rights absent."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role")

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            for statement in isolation.grants(options["role"], [name for (name,) in cursor.fetchall()]):
                cursor.execute(statement)
