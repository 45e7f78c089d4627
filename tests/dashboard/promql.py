"""Evaluates the part of PromQL that the dashboard and the alerts use, as Prometheus does.

Parsed by `promql-parser`, which has Prometheus' grammar. Sources: the functions `extrapolatedRate` of
prometheus/promql/functions.go and `bucketQuantile` of prometheus/promql/quantile.go.
"""

import math
import operator
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import promql_parser as ast

from tests.dashboard.scrapes import Labels, Point, Scrapes

LOOKBACK: Final = 300.0
"""Seconds for which the last sample of a series holds."""

Vector = dict[Labels, float]

_ARITHMETIC: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda left, right: left / right if right else math.nan if left == 0 or math.isnan(left) else math.inf,
}
_COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_AGGREGATIONS: Final[Mapping[str, Callable[[Sequence[float]], float]]] = {
    "sum": math.fsum,
    "min": min,
    "max": max,
    "count": len,
}


def evaluate(query: str, scrapes: Scrapes, at: float) -> Vector:
    """The vector that `query` is at a time; a number is a vector without labels.

    Raises:
        ValueError: it is no PromQL.
        NotImplementedError: it is none of the part that is used here.
    """
    return _evaluate(ast.parse(query), scrapes, at)


def metrics(query: str) -> set[str]:
    """The names of the metrics that `query` asks for."""
    names: set[str] = set()

    def visit(expression: ast.Expr) -> None:
        if isinstance(expression, ast.MatrixSelector):
            expression = expression.vector_selector
        if isinstance(expression, ast.VectorSelector):
            names.add(expression.name or "")

    ast.walk(ast.parse(query), visit)
    return names


def _evaluate(expression: ast.Expr, scrapes: Scrapes, at: float) -> Vector:
    match expression:
        case ast.NumberLiteral():
            return {frozenset(): expression.val}
        case ast.ParenExpr():
            return _evaluate(expression.expr, scrapes, at)
        case ast.VectorSelector():
            return _latest(expression, scrapes, at)
        case ast.Call():
            return _call(expression, scrapes, at)
        case ast.AggregateExpr():
            return _aggregate(expression, _evaluate(expression.expr, scrapes, at))
        case ast.BinaryExpr():
            left, right = (_evaluate(side, scrapes, at) for side in (expression.lhs, expression.rhs))
            return _combine(expression, left, right)
        case _:
            raise NotImplementedError(type(expression).__name__)


def _latest(selector: ast.VectorSelector, scrapes: Scrapes, at: float) -> Vector:
    found = scrapes.between(selector.name or "", at - LOOKBACK, at)
    return {labels: points[-1][1] for labels, points in found if points and _matches(selector, labels)}


def _matches(selector: ast.VectorSelector, labels: Labels) -> bool:
    values = dict(labels)
    for matcher in selector.matchers.matchers:
        value = values.get(matcher.name, "")
        same = value == matcher.value
        alike = re.fullmatch(matcher.value, value) is not None
        fits = {"=": same, "!=": not same, "=~": alike, "!~": not alike}[_sign(matcher)]
        if not fits:
            return False
    return True


def _sign(matcher: ast.Matcher) -> str:
    return {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}[str(matcher.op).rpartition(".")[2]]


def _call(call: ast.Call, scrapes: Scrapes, at: float) -> Vector:
    name, arguments = call.func.name, call.args
    if name in ("rate", "increase") and isinstance(arguments[0], ast.MatrixSelector):
        selector, seconds = arguments[0].vector_selector, arguments[0].range.total_seconds()
        grown = {}
        for labels, points in scrapes.between(selector.name or "", at - seconds, at):
            if len(points) > 1 and _matches(selector, labels):
                grown[labels] = increase(points, at - seconds, at) / (seconds if name == "rate" else 1.0)
        return grown
    if name == "histogram_quantile" and isinstance(arguments[0], ast.NumberLiteral):
        histograms: defaultdict[Labels, list[Point]] = defaultdict(list)
        for labels, count in _evaluate(arguments[1], scrapes, at).items():
            bound = float(dict(labels)["le"])
            histograms[frozenset(label for label in labels if label[0] != "le")].append((bound, count))
        return {labels: quantile(arguments[0].val, buckets) for labels, buckets in histograms.items()}
    raise NotImplementedError(name)


def increase(points: Sequence[Point], start: float, end: float) -> float:
    """By how much a counter grew between two times, from two or more points between them.

    A counter that falls has begun anew. The growth between first and last point is carried on towards both ends, as
    far as another point might have been expected, and not to before the counter was 0.
    """
    (first_at, first), (last_at, last) = points[0], points[-1]
    resets = math.fsum(before for (_, before), (_, after) in pairwise(points) if after < before)
    grown, sampled = last - first + resets, last_at - first_at
    usual = sampled / (len(points) - 1)
    before, after = first_at - start, end - last_at
    if before >= usual * 1.1:
        before = usual / 2
    if grown > 0 and first >= 0:
        before = min(before, sampled * first / grown)
    if after >= usual * 1.1:
        after = usual / 2
    return grown * (sampled + before + after) / sampled


def quantile(q: float, buckets: Sequence[Point]) -> float:
    """The quantile of a histogram, from upper bounds and cumulative counts, in between on a straight line."""
    buckets = sorted(buckets)
    total = buckets[-1][1]
    if not math.isinf(buckets[-1][0]) or len(buckets) < 2 or not total:
        return math.nan
    rank = q * total
    number = next((n for n, (_, count) in enumerate(buckets[:-1]) if count >= rank), len(buckets) - 1)
    if number == len(buckets) - 1:
        return buckets[-2][0]
    bound, count = buckets[number]
    if number == 0:
        return bound * rank / count
    lower, below = buckets[number - 1]
    return lower + (bound - lower) * (rank - below) / (count - below)


def _aggregate(expression: ast.AggregateExpr, vector: Vector) -> Vector:
    kept: Any = expression.modifier
    if kept is not None and kept.type is not ast.AggModifierType.By:
        raise NotImplementedError(str(kept))
    names = set(kept.labels) if kept is not None else set()
    groups: defaultdict[Labels, list[float]] = defaultdict(list)
    for labels, value in vector.items():
        groups[frozenset(label for label in labels if label[0] in names)].append(value)
    return {labels: float(_AGGREGATIONS[str(expression.op)](values)) for labels, values in groups.items()}


def _combine(expression: ast.BinaryExpr, left: Vector, right: Vector) -> Vector:
    """Element by element, where both sides have the same labels; a number goes with all."""
    sign = str(expression.op)
    if isinstance(expression.rhs, ast.NumberLiteral):
        right = dict.fromkeys(left, expression.rhs.val)
    both = [(labels, left[labels], right[labels]) for labels in left if labels in right]
    if sign in _COMPARISONS:
        return {labels: one for labels, one, other in both if _COMPARISONS[sign](one, other)}
    return {labels: _ARITHMETIC[sign](one, other) for labels, one, other in both}
