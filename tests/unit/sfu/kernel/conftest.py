"""Every kernel that is here runs every case of the contract."""

import pytest

from sfu.kernel.reference import ReferenceKernel
from tests.unit.sfu.kernel.rig import KernelFactory, Rig

KERNELS: list[KernelFactory] = [ReferenceKernel]


@pytest.fixture(params=KERNELS)
def make_kernel(request: pytest.FixtureRequest) -> KernelFactory:
    factory: KernelFactory = request.param
    return factory


@pytest.fixture
def rig(make_kernel: KernelFactory) -> Rig:
    return Rig(make_kernel)
