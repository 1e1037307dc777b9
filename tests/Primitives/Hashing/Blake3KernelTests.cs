using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Tests.Hashing;

public sealed unsafe class Blake3KernelTests
{
    private static string Below512 => Avx2.IsSupported ? "avx2" : Below256;

    private static string Below256 => Blake3V128.IsSupported ? "v128" : "scalar";

    [Fact]
    public void WidestKernelOfThisMachineIsUsed() =>
        Assert.Equal(Avx512F.IsSupported ? "avx512" : Below512, Blake3.KernelName);

    [Theory]
    [InlineData("DOTNET_EnableAVX512")]
    [InlineData("DOTNET_EnableAVX2")]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    public void LowerKernelsAreSelectableAndAgree(string variable)
    {
        var expectedKernel = variable switch
        {
            "DOTNET_EnableAVX512" => Below512,
            "DOTNET_EnableAVX2" => Below256,
            _ => X86Base.IsSupported ? "scalar" : Below256,
        };
        var digest = KernelProbe.Report().Split(' ')[1];
        Assert.Equal($"{expectedKernel} {digest}", KernelProbe.ReportOfChild(variable, "0"));
    }

    [Theory]
    [InlineData(16, 1, 0UL)]
    [InlineData(16, 1, 0xFFFF_FFFAUL)]
    [InlineData(16, 1, 0xFFFF_FFFF_FFFF_FFF9UL)]
    [InlineData(1, 0, 0UL)]
    [InlineData(3, 0, 77UL)]
    public void EveryKernelOfThisMachineAgreesWithTheScalarOneForEveryCount(int blocks, int step, ulong counter)
    {
        var input = Blake3Vectors.Input(16 * 1024 + 64);
        var key = stackalloc uint[] { 1, 2, 3, 4, 5, 6, 7, 0xFFFF_FFFF };
        var job = new Blake3Job
        {
            Key = key,
            Blocks = blocks,
            CounterStep = (ulong)step,
            Flags = 16,
            FirstFlag = 1,
            LastFlag = 2,
        };
        var expected = new byte[16 * 32];
        var actual = new byte[16 * 32];
        fixed (byte* from = input, want = expected, got = actual)
        {
            for (var i = 0; i < 16; i++)
            {
                Blake3Scalar.Hash1(from + i * blocks * 64, in job, counter + (ulong)(i * step), want + i * 32);
            }

            for (var count = 1; count <= 16; count++)
            {
                if (Blake3Avx512.IsSupported) Blake3Avx512.Hash16(from, count, in job, counter, got);
                if (Blake3Avx512.IsSupported) AssertSame(count);
                if (Blake3Avx2.IsSupported && count <= 8) Blake3Avx2.Hash8(from, count, in job, counter, got);
                if (Blake3Avx2.IsSupported && count <= 8) AssertSame(count);
                if (Blake3V128.IsSupported && count <= 4) Blake3V128.Hash4(from, count, in job, counter, got);
                if (Blake3V128.IsSupported && count <= 4) AssertSame(count);
            }
        }

        void AssertSame(int count)
        {
            Assert.Equal(expected[..(32 * count)], actual[..(32 * count)]);
            Array.Clear(actual);
        }
    }

    [Fact]
    public void HardwareVectorsAndKernelChoiceDoNotContradictEachOther() =>
        Assert.True(Vector128.IsHardwareAccelerated || Blake3.KernelName == "scalar");
}
