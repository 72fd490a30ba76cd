"""How long functions, files and templates may be, and what modules may not be called."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

FUNCTION_WISHED, FUNCTION_MOST = 50, 70
FILE_WISHED, FILE_MOST = 400, 600
TEMPLATE_MOST = 150
PARAMETERS_MOST = 6
VIEW_MOST = 25
FORBIDDEN_MODULES = {"utils", "util", "helpers", "helper", "services"}


@dataclass(frozen=True)
class Finding:
    """Something too large; `fails` when it is over the end, and not only over the wish."""

    place: str
    what: str
    fails: bool = True

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


def of_file(name: PurePath, text: str) -> Iterator[Finding]:
    """Yield what is wrong with the length of this file, and with its name."""
    lines = text.count("\n")
    if name.suffix == ".html" and lines > TEMPLATE_MOST:
        yield Finding(str(name), f"a template of {lines} lines; {TEMPLATE_MOST} is the end")
    elif lines > FILE_WISHED:
        yield Finding(
            str(name), f"{lines} lines; {FILE_WISHED} is the wish, {FILE_MOST} the end", fails=lines > FILE_MOST
        )
    if name.suffix == ".py" and (name.stem in FORBIDDEN_MODULES or FORBIDDEN_MODULES & set(name.parent.parts)):
        yield Finding(str(name), "a name that says nothing; name the module by its role")


def of_functions(name: PurePath, text: str) -> Iterator[Finding]:
    """Yield what is wrong with the size of this module's functions."""
    views = name.name == "views.py" or name.parent.name == "views"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _of_function(node, f"{name}:{node.lineno} {node.name}", is_view=views)


def _of_function(node: ast.FunctionDef | ast.AsyncFunctionDef, place: str, *, is_view: bool) -> Iterator[Finding]:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if lines > FUNCTION_WISHED:
        wish = f"{FUNCTION_WISHED} is the wish, {FUNCTION_MOST} the end"
        yield Finding(place, f"{lines} lines; {wish}", fails=lines > FUNCTION_MOST)
    first = [argument.arg for argument in node.args.args[:1]]
    if is_view and first == ["request"] and lines > VIEW_MOST:
        yield Finding(place, f"a view of {lines} lines; {VIEW_MOST} is the end")
    parameters = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    counted = [argument.arg for argument in parameters if argument.arg not in ("self", "cls")]
    if len(counted) > PARAMETERS_MOST:
        yield Finding(place, f"{len(counted)} parameters; {PARAMETERS_MOST} is the end")
