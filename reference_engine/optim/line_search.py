"""A line search for the strong Wolfe conditions: enough decrease, and a slope that has flattened enough.

Two phases: walk outwards until an interval must contain a good step, then narrow the interval, each time by the minimum
of the cubic through both ends (Nocedal and Wright, "Numerical Optimization", algorithms 3.5 and 3.6).
"""

from __future__ import annotations

from typing import NamedTuple

ENOUGH_DECREASE, FLAT_ENOUGH = 1e-4, 0.9


class Point(NamedTuple):
    """A step length, and the loss, gradient and slope along the direction found there."""

    step: object
    loss: float
    gradient: object
    slope: object


def cubic_minimum(first: Point, second: Point, bounds=None):
    """The step at the minimum of the cubic through two points with their slopes, kept within ``bounds``."""
    a, b = (first, second) if first.step <= second.step else (second, first)
    least, most = bounds or (a.step, b.step)
    mean = first.slope + second.slope - 3 * (first.loss - second.loss) / (first.step - second.step)
    square = mean**2 - first.slope * second.slope
    if square < 0:
        return (least + most) / 2.0
    root = square.sqrt()
    found = b.step - (b.step - a.step) * ((b.slope + root - mean) / (b.slope - a.slope + 2 * root))
    return min(max(found, least), most)


def strong_wolfe(evaluate, step, direction, loss, gradient, slope, tolerance_change=1e-9, max_evaluations=25):
    """The step to take along ``direction``, with the loss and gradient there and the number of evaluations.

    ``evaluate(step)`` gives loss and gradient after that step.
    """
    start = Point(0, loss, gradient.clone(), slope)
    evaluations = 0

    def at(step):
        nonlocal evaluations
        evaluations += 1
        found, gradient = evaluate(step)
        return Point(step, found, gradient, gradient.dot(direction))

    def decreases_too_little(point):
        return point.loss > loss + ENOUGH_DECREASE * point.step * slope

    def is_flat(point):
        return abs(point.slope) <= -FLAT_ENOUGH * slope

    before, here, done, rounds = start, at(step), False, 0
    while rounds < max_evaluations:
        if decreases_too_little(here) or (rounds > 1 and here.loss >= before.loss):
            ends = [before, here]
            break
        if is_flat(here):
            ends, done = [here], True
            break
        if here.slope >= 0:
            ends = [before, here]
            break
        bounds = here.step + 0.01 * (here.step - before.step), here.step * 10
        before, here = here, at(cubic_minimum(before, here, bounds))
        rounds += 1
    else:
        ends = [start, here]
    low, high = (0, -1) if ends[0].loss <= ends[-1].loss else (-1, 0)
    extent, stalled = direction.abs().max(), False
    while not done and rounds < max_evaluations:
        least, most = sorted((ends[0].step, ends[1].step))
        if (most - least) * extent < tolerance_change:
            break
        step, margin = cubic_minimum(*ends), 0.1 * (most - least)
        if min(most - step, step - least) < margin:
            # Too near to an end: once is allowed inside of the interval, then a tenth of it is demanded.
            if stalled or step >= most or step <= least:
                step = most - margin if abs(step - most) < abs(step - least) else least + margin
                stalled = False
            else:
                stalled = True
        else:
            stalled = False
        here = at(step)
        rounds += 1
        if decreases_too_little(here) or here.loss >= ends[low].loss:
            ends[high] = here
            low, high = (0, -1) if ends[0].loss <= ends[-1].loss else (-1, 0)
            continue
        if is_flat(here):
            done = True
        elif here.slope * (ends[high].step - ends[low].step) >= 0:
            ends[high] = ends[low]
        ends[low] = here
    chosen = ends[low]
    return chosen.loss, chosen.gradient, chosen.step, evaluations
