"""Scripted customers for demo, tests and load. One law: they use only what every customer can reach.

It is no channel: nobody reaches a company through it. It stands outside the hub, at the public end of the others; an
account of its own would need an address kind, a queue and a place in every list for something that is not there.
"""

from channels.simulator.settings import SimulatorSettings
from channels.simulator.simulator import Simulator
from channels.simulator.statistics import Acknowledged, Statistics

__all__ = ["Acknowledged", "Simulator", "SimulatorSettings", "Statistics"]
