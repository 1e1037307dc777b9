using System.Text;

namespace Omega.P2P.Primitives.Tests.Hashing;

internal static partial class Blake3KernelGenerator
{
    private static string Scalar()
    {
        var code = new StringBuilder();
        Head(code, "Blake3Scalar", ["System.Numerics"]);
        Line(code, "/// <summary>Eight words of state and a 64-byte block to sixteen output words.</summary>", 1);
        Line(code, "public static void Compress(", 1);
        Line(code, "uint* cv, byte* block, uint blockLength, ulong counter, uint flags, uint* output)");
        Line(code, "{", 1);
        Line(code, "var words = (uint*)block;");
        for (var i = 0; i < 16; i++) Line(code, $"var m{i} = words[{i}];");
        for (var i = 0; i < 8; i++) Line(code, $"var v{i} = cv[{i}];");
        for (var i = 0; i < 4; i++) Line(code, $"var v{8 + i} = {InitialWords[i]};");
        Line(code, "var v12 = (uint)counter;");
        Line(code, "var v13 = (uint)(counter >> 32);");
        Line(code, "var v14 = blockLength;");
        Line(code, "var v15 = flags;");
        Rounds(code, (x, bits) => $"BitOperations.RotateRight({x}, {bits})", depth: 2);
        for (var i = 0; i < 8; i++) Line(code, $"output[{8 + i}] = v{8 + i} ^ cv[{i}];");
        for (var i = 0; i < 8; i++) Line(code, $"output[{i}] = v{i} ^ v{8 + i};");
        code.Append("    }\n}\n");
        return code.ToString();
    }
}
