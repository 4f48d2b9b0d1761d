"""The compression function of SHA-256 for sixteen messages side by side, one to a lane.

NumPy and Numba have no rotation of vectors, and a loop of this length is not made into vector
instructions by itself, so the steps are given to the compiler as operations on vectors of sixteen
words. It turns them into whatever the processor has: one instruction each with AVX-512, two or
four with narrower ones.

Source: FIPS 180-4, sections 4.1.2, 4.2.2 and 6.2.2.
"""

from __future__ import annotations

import math
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

LANES = 16
ROUNDS = 64
WORD_BITS = 32


def _first_primes(count: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


def _root(whole: int, power: int) -> int:
    """The integer part of the root of this power."""
    low: int = 0
    high: int = 1 << (whole.bit_length() // power + 1)
    while low < high:
        middle = (low + high + 1) // 2
        if math.prod([middle] * power) <= whole:
            low = middle
        else:
            high = middle - 1
    return low


def _fraction(prime: int, power: int) -> int:
    """The first 32 bits of the fraction of a prime's root."""
    return _root(prime << (WORD_BITS * power), power) % (1 << WORD_BITS)


# The constants are said by the standard to be these fractions, so they are worked out.
ROUND_CONSTANTS = tuple(_fraction(prime, 3) for prime in _first_primes(ROUNDS))
INITIAL = tuple(_fraction(prime, 2) for prime in _first_primes(8))


class _Vectors:
    """Operations on sixteen words at once, written into a function that is being compiled."""

    def __init__(self, builder: Any) -> None:
        self.builder = builder
        self.kind = ir.VectorType(ir.IntType(WORD_BITS), LANES)

    def same(self, word: int) -> Any:
        """One word in every lane."""
        return ir.Constant(self.kind, [word] * LANES)

    def add(self, first: Any, *others: Any) -> Any:
        """The sum, modulo 2^32."""
        for other in others:
            first = self.builder.add(first, other)
        return first

    def rotated(self, word: Any, *right: int) -> Any:
        """The word rotated by each of these numbers of bits, all combined by exclusive or."""
        return self.either(*(self._turned(word, bits) for bits in right))

    def _turned(self, word: Any, right: int) -> Any:
        left = self.builder.shl(word, self.same(WORD_BITS - right))
        return self.builder.or_(left, self.shifted(word, right))

    def shifted(self, word: Any, right: int) -> Any:
        """The word shifted right."""
        return self.builder.lshr(word, self.same(right))

    def either(self, first: Any, *others: Any) -> Any:
        """Exclusive or."""
        for other in others:
            first = self.builder.xor(first, other)
        return first

    def both(self, first: Any, second: Any) -> Any:
        """Bit by bit and."""
        return self.builder.and_(first, second)

    def load(self, base: Any, row: int) -> Any:
        """Sixteen words from this row of a table."""
        place = self.builder.gep(base, [ir.Constant(ir.IntType(64), row)])
        return self.builder.load(place, align=4)

    def store(self, value: Any, base: Any, row: int) -> None:
        """Sixteen words into this row of a table."""
        place = self.builder.gep(base, [ir.Constant(ir.IntType(64), row)])
        self.builder.store(value, place, align=4)


def _compress_steps(vectors: _Vectors, state: Any, words: Any) -> None:
    add, rotated, either, both = vectors.add, vectors.rotated, vectors.either, vectors.both
    schedule = [vectors.load(words, row) for row in range(16)]
    begun = [vectors.load(state, row) for row in range(8)]
    a, b, c, d, e, f, g, h = begun
    for step in range(ROUNDS):
        if step >= 16:
            early, late = schedule[step - 15], schedule[step - 2]
            small = either(rotated(early, 7, 18), vectors.shifted(early, 3))
            large = either(rotated(late, 17, 19), vectors.shifted(late, 10))
            schedule.append(add(schedule[step - 16], small, schedule[step - 7], large))
        chosen = either(g, both(e, either(f, g)))
        constant = vectors.same(ROUND_CONSTANTS[step])
        first = add(h, rotated(e, 6, 11, 25), chosen, constant, schedule[step])
        most = either(both(a, either(b, c)), both(b, c))
        second = add(rotated(a, 2, 13, 22), most)
        h, g, f, e, d, c, b, a = g, f, e, add(d, first), c, b, a, add(first, second)
    for row, (old, new) in enumerate(zip(begun, (a, b, c, d, e, f, g, h), strict=True)):
        vectors.store(add(old, new), state, row)


def _compress(_typing_context: Any, state: Any, words: Any) -> tuple[Any, Any]:
    """Take one block of each of sixteen messages into their states, in place.

    `state` (8, 16) and `words` (16, 16) are C-contiguous uint32; a column belongs to one message.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        vectors = _Vectors(builder)
        bases = [
            builder.bitcast(
                context.make_array(kind)(context, builder, value).data,
                vectors.kind.as_pointer(),
            )
            for kind, value in zip(signature.args, given, strict=True)
        ]
        _compress_steps(vectors, *bases)
        return context.get_dummy_value()

    return types.void(state, words), generate


# A function of compiled code only: what it takes there is not what it is given here.
compress: Any = intrinsic(_compress)
