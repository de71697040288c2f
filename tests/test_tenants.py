"""django-tenants: each tenant has a schema with tables and records of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import IS_SERVERS_LEG, Migfix
from projects import migration, write_project
from test_leftovers import run_sql
from test_squash import database, django_admin

SETTINGS = """SECRET_KEY, USE_TZ, DEFAULT_AUTO_FIELD = "x", True, "django.db.models.BigAutoField"
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
SHARED_APPS = ["django_tenants", "django.contrib.contenttypes", "customers"]
TENANT_APPS = ["django.contrib.contenttypes", "shop"]
INSTALLED_APPS = [*SHARED_APPS, "shop"]
TENANT_MODEL, TENANT_DOMAIN_MODEL = "customers.Client", "customers.Domain"
"""
CUSTOMERS = """from django_tenants.models import DomainMixin, TenantMixin


class Client(TenantMixin):
    auto_create_schema = True


class Domain(DomainMixin):
    pass
"""
SHOP = """from django.db import models


class Item(models.Model):
    name = models.CharField(max_length=50)
    owner = models.ForeignKey("customers.Client", models.CASCADE, null=True)
"""
CODE = 'migrations.AddField("item", "code", models.IntegerField(default=1, unique=True)),'
TOKEN = 'migrations.AddField("item", "token", models.UUIDField(default=uuid.uuid4, unique=True)),'
TENANTS = "from customers.models import Client; [Client.objects.create(schema_name=n) for n in ('acme', 'zoo')]"


@pytest.fixture
def shop(tmp_path: Path, forked: Migfix) -> Path:
    root = write_project(tmp_path / "project", {"customers/models.py": CUSTOMERS, "shop/models.py": SHOP})
    for app in ("customers", "shop"):
        (root / app / "__init__.py").touch()
    return root


def found(root: Path, forked: Migfix, *arguments: str) -> list[tuple[str, str, str]]:
    result = forked("doctor", "--settings", "settings", "--json", *arguments, cwd=root)
    assert result.stdout, result.stderr
    listed = json.loads(result.stdout)["findings"]
    return [(each["database"], each["name"], each["column"] or each["table"]) for each in listed]


def test_schema_by_schema(shop: Path, tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    if each_engine != "postgresql":
        pytest.skip("django-tenants is for PostgreSQL")
    try:
        __import__("django_tenants")
    except ImportError as error:
        if IS_SERVERS_LEG:
            raise
        pytest.skip(f"third-party packages are missing: {error}; pip install -e '.[packages]'")
    with database(each_engine, tmp_path) as settings:
        settings = settings | {"ENGINE": "django_tenants.postgresql_backend"}
        (shop / "settings.py").write_text(f"{SETTINGS}DATABASES = {{'default': {settings!r}}}\n")
        for arguments in (("makemigrations", "customers", "shop"), ("migrate",), ("shell", "-c", TENANTS)):
            done = django_admin(shop, *arguments)
            assert done.returncode == 0, done.stderr
        healthy = forked("doctor", "--settings", "settings", cwd=shop).stdout.splitlines()
        agree = "healthy: files, records and tables agree"
        assert healthy == [f"default: {agree}", f"default/acme: {agree}", f"default/zoo: {agree}"]

        run_sql(shop, "ALTER TABLE acme.shop_item DROP COLUMN name", "DROP TABLE zoo.shop_item")
        lost = [("default/acme", "missing-column", "name"), ("default/zoo", "missing-table", "shop_item")]
        assert found(shop, forked) == lost
        assert found(shop, forked, "--database", "default/zoo") == lost[1:]
        (shop / "shop/migrations/0002_code.py").write_text(migration(CODE, ("shop", "0001_initial")))
        checked = forked("check", "shop", "--settings", "settings", "--database", "default", cwd=shop).stdout
        assert "In the database default/acme, the column name of shop_item isn't there" in checked
        assert "In the database default, " not in checked  # the router keeps the shop out of the public schema
        (shop / "shop/migrations/0002_code.py").unlink()

        fixed = forked("doctor", "--settings", "settings", "--fix", "--yes", cwd=shop)
        assert fixed.returncode == 0, fixed.stdout + fixed.stderr
        assert found(shop, forked) == []
        planned = forked(
            "rollback", "--to", "shop.zero", "--database", "default/acme", "--settings", "settings", cwd=shop
        )
        assert "python manage.py migrate_schemas shop zero --schema acme" in planned.stdout


def test_verify_in_the_schema_of_a_tenant(shop: Path, tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    if each_engine != "postgresql":
        pytest.skip("django-tenants is for PostgreSQL")
    pytest.importorskip("django_tenants")
    with database(each_engine, tmp_path) as settings:
        settings = settings | {"ENGINE": "django_tenants.postgresql_backend"}
        (shop / "settings.py").write_text(f"{SETTINGS}DATABASES = {{'default': {settings!r}}}\n")
        assert django_admin(shop, "makemigrations", "customers", "shop").returncode == 0
        (shop / "shop/migrations/0002_code.py").write_text(
            migration(TOKEN, ("shop", "0001_initial"), functions="import uuid\n\n\n")
        )
        (shop / "shop/models.py").write_text(
            f"import uuid\n\n{SHOP}    token = models.UUIDField(default=uuid.uuid4, unique=True)\n"
        )
        original = forked("verify", "shop", "0002", "--settings", "settings", cwd=shop)
        assert original.returncode == 1
        assert "is duplicated" in " ".join(original.stdout.split())
        place = "shop/migrations/0002_code.py"
        written = forked("apply", place, "--settings", "settings", cwd=shop)
        assert written.returncode == 0, written.stdout + written.stderr
        proven = forked("verify", place, "--settings", "settings", cwd=shop)
        assert proven.returncode == 0, proven.stdout
        assert "passes on postgresql" in proven.stdout
        server = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}".format(**settings)
        proven = forked("verify", place, "--settings", "settings", "--engine", server, cwd=shop)
        assert proven.returncode == 0, proven.stdout + proven.stderr
        assert "passes on postgresql" in proven.stdout
        other = forked("verify", place, "--settings", "settings", "--engine", "sqlite", cwd=shop)
        assert other.returncode == 2
        assert (
            "`default` uses django_tenants.postgresql_backend, which needs PostgreSQL. Use --engine postgresql://…"
        ) in " ".join(other.stdout.split())
