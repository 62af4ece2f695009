"""Engines that misbehave in one way each, to show that the suite catches it.

`rules` holds the misbehaviours: the reference engine with one rule broken, in a few lines each.
`adapters` makes each of them a target.
"""
