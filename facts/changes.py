"""The states of a model that ``facts/model_changes.py`` changes into one another: relations, keys, options and bases.

Each state is the code of its classes, code that makes rows, and code that shows what the rows mean, whatever the state:
``shown()`` returns the same before and after a change that loses nothing. What a state can't show is left out.
"""

from __future__ import annotations

from itertools import permutations
from typing import NamedTuple

OTHERS = """
class A(models.Model):
    name = models.CharField(max_length=20)
    code = models.CharField(max_length=20, unique=True)


class B(models.Model):
    name = models.CharField(max_length=20)
    a = models.OneToOneField(A, models.CASCADE, null=True)
"""
OTHER_ROWS = """
a = [A.objects.create(name=name, code="c" + name) for name in ("x", "y", "z")]
b = [B.objects.create(name=each.name, a=each) for each in reversed(a)][::-1]
"""


class State(NamedTuple):
    """The code of the models, of the rows, and of a function ``shown()``."""

    models: str
    rows: str
    shown: str


def _relation(field: str, given: str, seen: str, more: str = "") -> State:
    body = f"class Post(models.Model):\n    title = models.CharField(max_length=20)\n    {field}\n"
    rows = f"{OTHER_ROWS}\nfor i in (2, 0, 1):\n    post = Post(title=str(i))\n    {given}\n"
    shown = f"return {{post.title: ({seen}) for post in Post.objects.all()}}"
    return State(f"{OTHERS}\n\n{body}\n\n{more}", rows, shown)


_KEY = "post.rel = {0}[i]; post.save()"
_NULL = "post.rel = {0}[i] if i else None; post.save()"
_NAME = "post.rel.name if post.rel else None"
_MANY = "post.save(); post.rel.add({0}[i])"
_NAMES = "[each.name for each in post.rel.all()][0] if post.rel.exists() else None"
_THROUGH = """
class Link(models.Model):
    post = models.ForeignKey(Post, models.CASCADE)
    a = models.ForeignKey(A, models.CASCADE)
"""
RELATIONS = {
    "none": _relation("", "post.save()", "None"),
    "key": _relation("rel = models.ForeignKey(A, models.CASCADE)", _KEY.format("a"), _NAME),
    "null": _relation("rel = models.ForeignKey(A, models.SET_NULL, null=True)", _NULL.format("a"), _NAME),
    "other": _relation("rel = models.ForeignKey(B, models.CASCADE)", _KEY.format("b"), _NAME),
    "other null": _relation("rel = models.ForeignKey(B, models.CASCADE, null=True)", _NULL.format("b"), _NAME),
    "one": _relation("rel = models.OneToOneField(A, models.CASCADE)", _KEY.format("a"), _NAME),
    "code": _relation('rel = models.ForeignKey(A, models.CASCADE, to_field="code")', _KEY.format("a"), _NAME),
    "loose": _relation("rel = models.ForeignKey(A, models.CASCADE, db_constraint=False)", _KEY.format("a"), _NAME),
    "column": _relation('rel = models.ForeignKey(A, models.CASCADE, db_column="of")', _KEY.format("a"), _NAME),
    "many": _relation("rel = models.ManyToManyField(A)", _MANY.format("a"), _NAMES),
    "many other": _relation("rel = models.ManyToManyField(B)", _MANY.format("b"), _NAMES),
    "many table": _relation('rel = models.ManyToManyField(A, db_table="links")', _MANY.format("a"), _NAMES),
    "through": _relation('rel = models.ManyToManyField(A, through="Link")', _MANY.format("a"), _NAMES, _THROUGH),
    "text": _relation("rel = models.CharField(max_length=20)", "post.rel = a[i].name; post.save()", "post.rel"),
    "number": _relation(
        "rel = models.BigIntegerField()", "post.rel = a[i].pk; post.save()", "A.objects.get(pk=post.rel).name"
    ),
    "id": _relation(
        "rel_id = models.BigIntegerField()", "post.rel_id = a[i].pk; post.save()", "A.objects.get(pk=post.rel_id).name"
    ),
    "tree": _relation(
        'rel = models.ForeignKey("self", models.CASCADE, null=True)',
        "post.save()",
        "post.rel.title if post.rel else None",
    ),
}


def _key(field: str, given: str = "") -> State:
    code = f"""
class Post(models.Model):
    {field}
    title = models.CharField(max_length=20)


class Comment(models.Model):
    text = models.CharField(max_length=20)
    post = models.ForeignKey(Post, models.CASCADE)


class Tag(models.Model):
    name = models.CharField(max_length=20)
    posts = models.ManyToManyField(Post)
"""
    rows = f"""
tag = Tag.objects.create(name="t")
for i in (2, 0, 1):
    post = Post(title=str(i){given})
    post.save()
    Comment.objects.create(text=str(i), post=post)
    if i:
        tag.posts.add(post)
"""
    shown = "return {c.text: c.post.title for c in Comment.objects.all()}, "
    return State(code, rows, shown + "sorted(post.title for post in Tag.objects.get().posts.all())")


KEYS = {
    "auto": _key("id = models.AutoField(primary_key=True)"),
    "big": _key("id = models.BigAutoField(primary_key=True)"),
    "number": _key("id = models.IntegerField(primary_key=True)", ", id=i + 7"),
    "uuid": _key("id = models.UUIDField(primary_key=True, default=uuid.uuid4)"),
    "text": _key("id = models.CharField(max_length=20, primary_key=True)", ', id=f"k{i}"'),
    "slug": _key("slug = models.SlugField(primary_key=True)", ', slug=f"k{i}"'),
    "named": _key("number = models.BigAutoField(primary_key=True)"),
}


def _option(meta: str = "pass", field: str = "") -> State:
    code = f"""{OTHERS}

class Post(models.Model):
    title = models.CharField(max_length=20)
    kind = models.CharField(max_length=20, blank=True)
    n = models.IntegerField()
    a = models.ForeignKey(A, models.CASCADE)
    {field}

    class Meta:
        {meta}
"""
    rows = f"""{OTHER_ROWS}
for i, kind, n in ((2, "a", 1), (0, "", -1), (1, "b", 0), (3, "b", 0), (4, "B", 0), (4, "b", 0)):
    with suppress(Error), transaction.atomic():  # the constraint of this state may forbid it
        Post.objects.create(title=str(i), kind=kind, n=n, a=a[i % 3])
"""
    shown = "return {each.pk: (each.title, each.kind, each.n, each.a.name) for each in Post.objects.all()}"
    return State(code, rows, shown)


OPTIONS = {
    "none": _option(),
    "table": _option('db_table = "posts"'),
    "ordering": _option('ordering = ["title"]'),
    "order": _option('order_with_respect_to = "a"'),
    "together": _option('unique_together = [("title", "a")]'),
    "together twice": _option('unique_together = [("kind", "n")]'),
    "unique": _option('constraints = [models.UniqueConstraint(fields=["title"], name="one")]'),
    "unique kind": _option('constraints = [models.UniqueConstraint(fields=["kind", "a"], name="one")]'),
    "unique where": _option(
        'constraints = [models.UniqueConstraint(fields=["kind"], condition=models.Q(n=0), name="one")]'
    ),
    "unique lower": _option('constraints = [models.UniqueConstraint(Lower("kind"), name="one")]'),
    "check": _option('constraints = [models.CheckConstraint(CHECK=models.Q(n__gte=0), name="positive")]'),
    "check all": _option('constraints = [models.CheckConstraint(CHECK=models.Q(n__gte=-9), name="large")]'),
    "index": _option('indexes = [models.Index(fields=["kind", "n"], name="i")]'),
    "index where": _option('indexes = [models.Index(fields=["n"], name="i", condition=models.Q(n__gt=0))]'),
    "unmanaged": _option("managed = False"),
    "permissions": _option('permissions = [("see", "See")]'),
}


def _base(code: str, rows: str = 'Post.objects.create(title=str(i), note="n")') -> State:
    made = f"for i in (2, 0, 1):\n    {rows}\n"
    return State(code, made, 'return {post.title: getattr(post, "note", None) for post in Post.objects.all()}')


_TITLE, _NOTE = "title = models.CharField(max_length=20)", "note = models.CharField(max_length=20)"
BASES = {
    "model": _base(f"class Post(models.Model):\n    {_TITLE}\n    {_NOTE}\n"),
    "abstract": _base(
        f"class Noted(models.Model):\n    {_NOTE}\n\n    class Meta:\n        abstract = True\n\n\n"
        f"class Post(Noted):\n    {_TITLE}\n"
    ),
    "parent": _base(f"class Noted(models.Model):\n    {_NOTE}\n\n\nclass Post(Noted):\n    {_TITLE}\n"),
    "linked": _base(
        f"class Post(models.Model):\n    {_TITLE}\n\n\n"
        f"class Info(models.Model):\n    post = models.OneToOneField(Post, models.CASCADE)\n    {_NOTE}\n",
        'Info.objects.create(post=Post.objects.create(title=str(i)), note="n")',
    )._replace(shown='return {post.title: post.info.note for post in Post.objects.select_related("info")}'),
    "proxy": _base(
        f"class Base(models.Model):\n    {_TITLE}\n    {_NOTE}\n\n\n"
        "class Post(Base):\n    class Meta:\n        proxy = True\n"
    ),
}
GROUPS = {"relation": RELATIONS, "key": KEYS, "option": OPTIONS, "base": BASES}


def pairs() -> list[tuple[str, str, str]]:
    """Every change: the group, and the names of the states before and after."""
    return [(group, *pair) for group, states in GROUPS.items() for pair in permutations(states, 2)]


REQUIRED = frozenset({"key", "other", "one", "code", "loose", "column"})


def is_gone(group: str, before: str, after: str) -> bool:
    """Whether one of the two states can't show what the other one does, on purpose.

    The relation itself is removed, another field is added, the number of a key to another model is kept as a plain
    number, a plain number becomes its digits, or rows without a value get the one-off default.
    """
    states = {before, after}
    is_number = bool({"id", "number"} & states) and bool({"other", "other null", "many other"} & states)
    is_filled = before in ("null", "other null") and after in REQUIRED
    is_other_field = "text" in states and bool({"id", "number"} & states)  # rel_id and rel, or 1 and "1"
    return group == "relation" and (bool({"none", "tree"} & states) or is_number or is_filled or is_other_field)
