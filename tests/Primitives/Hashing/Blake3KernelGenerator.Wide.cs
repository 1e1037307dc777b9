using System.Text;

namespace Omega.P2P.Primitives.Tests.Hashing;

internal static partial class Blake3KernelGenerator
{
    private static readonly Shape V128 = new("Blake3V128", 4, Rotate128, Transpose128, Store128);
    private static readonly Shape Avx2 = new("Blake3Avx2", 8, Rotate256, Transpose256, Store256);
    private static readonly Shape Avx512 = new("Blake3Avx512", 16, Rotate512, Transpose512, Store512);

    /// <summary>What differs between the kernels of several widths.</summary>
    private sealed record Shape(
        string Type,
        int Lanes,
        Func<string, int, string> Rotate,
        Action<StringBuilder> Load,
        Action<StringBuilder> Store)
    {
        public string Vector => $"Vector{32 * Lanes}";
    }

    private static string Wide(Shape shape)
    {
        var code = new StringBuilder();
        var vector = shape.Vector;
        Head(code, shape.Type, shape == V128
            ? ["System.Runtime.CompilerServices", "System.Runtime.Intrinsics"]
            : ["System.Runtime.CompilerServices", "System.Runtime.Intrinsics", "System.Runtime.Intrinsics.X86"]);
        Line(code, $"/// <summary>", 1);
        Line(code, $"/// Hashes up to {shape.Lanes} inputs, one in each lane; lanes left over repeat the last.", 1);
        Line(code, $"/// Writes {shape.Lanes} outputs of 32 bytes in every case.", 1);
        Line(code, $"/// </summary>", 1);
        // Wider vectors than the precompiled baseline are compiled at run time: then at once, not in slow tiers first.
        Line(code, "[SkipLocalsInit]", 1);
        if (shape != V128) Line(code, "[MethodImpl(MethodImplOptions.AggressiveOptimization)]", 1);
        Line(code, $"public static void Hash{shape.Lanes}(", 1);
        Line(code, "byte* input, int count, in Blake3Job job, ulong counter, byte* output)");
        Line(code, "{", 1);
        Line(code, "var blocks = job.Blocks;");
        Line(code, "var stride = (nint)blocks * 64;");
        Line(code, $"var counters = stackalloc uint[{2 * shape.Lanes}];");
        Line(code, $"var rows = stackalloc nint[{shape.Lanes}];");
        Line(code, $"for (var i = 0; i < {shape.Lanes}; i++)");
        Line(code, "{");
        Line(code, "var own = counter + (ulong)i * job.CounterStep;", 3);
        Line(code, "counters[i] = (uint)own;", 3);
        Line(code, $"counters[i + {shape.Lanes}] = (uint)(own >> 32);", 3);
        Line(code, "rows[i] = Math.Min(i, count - 1) * stride;", 3);
        Line(code, "}");
        Line(code, "");
        Line(code, "var key = job.Key;");
        if (shape.Lanes < 16) ByteOrders(code, shape);
        else Line(code, "var ahead = 16 * stride;");
        for (var i = 0; i < 8; i++) Line(code, $"var h{i} = {vector}.Create(key[{i}]);");
        Line(code, "var flags = job.Flags | job.FirstFlag;");
        Line(code, "for (var block = 1; block <= blocks; block++)");
        Line(code, "{");
        Line(code, "if (block == blocks) flags |= job.LastFlag;", 3);
        shape.Load(code);
        for (var i = 0; i < 8; i++) Line(code, $"var v{i} = h{i};", 3);
        for (var i = 0; i < 4; i++) Line(code, $"var v{8 + i} = {vector}.Create({InitialWords[i]});", 3);
        Line(code, $"var v12 = {vector}.Load(counters);", 3);
        Line(code, $"var v13 = {vector}.Load(counters + {shape.Lanes});", 3);
        Line(code, $"var v14 = {vector}.Create(64u);", 3);
        Line(code, $"var v15 = {vector}.Create(flags);", 3);
        Rounds(code, shape.Rotate, depth: 3, shape.Lanes == 16 ? half => Prefetch(code, half) : null);
        for (var i = 0; i < 8; i++) Line(code, $"h{i} = v{i} ^ v{8 + i};", 3);
        Line(code, "flags = job.Flags;", 3);
        Line(code, "input += 64;", 3);
        Line(code, "}");
        Line(code, "");
        shape.Store(code);
        code.Append("    }\n}\n");
        return code.ToString();
    }

    private static string Rotate512(string x, int bits) => $"Avx512F.RotateRight({x}, {bits})";

    private static string Rotate256(string x, int bits) => bits % 8 == 0
        ? $"Avx2.Shuffle({x}.AsByte(), right{bits}).AsUInt32()"
        : $"({x} >>> {bits}) | ({x} << {32 - bits})";

    private static string Rotate128(string x, int bits) => bits % 8 == 0
        ? $"Vector128.Shuffle({x}.AsByte(), right{bits}).AsUInt32()"
        : $"({x} >>> {bits}) | ({x} << {32 - bits})";

    /// <summary>The byte orders that turn every word right by 16 and by 8 bits.</summary>
    private static void ByteOrders(StringBuilder code, Shape shape)
    {
        foreach (var bits in new[] { 16, 8 })
        {
            var order = Enumerable.Range(0, 4 * shape.Lanes).Select(i => (i % 16 & ~3) | ((i + bits / 8) & 3));
            var rows = order.Chunk(16).Select(row => string.Join(", ", row));
            Line(code, $"var right{bits} = {shape.Vector}.Create((byte)");
            Line(code, string.Join(",\n            ", rows) + ");", 3);
        }
    }

    /// <summary>
    /// Sixteen rows of sixteen words to sixteen columns: 32-bit, 64-bit, then 128-bit pieces change places.
    /// </summary>
    private static void Transpose512(StringBuilder code)
    {
        for (var i = 0; i < 16; i++) Line(code, $"var r{i} = Vector512.Load((uint*)(input + rows[{i}]));", 3);
        for (var g = 0; g < 4; g++) Unpack4(code, "Avx512F", "r", 4 * g, $"u{g}", 3);
        for (var c = 0; c < 4; c++)
        {
            Line(code, $"var a{c} = Avx512F.Shuffle4x128(u0{c}, u1{c}, 0x88);", 3);
            Line(code, $"var b{c} = Avx512F.Shuffle4x128(u2{c}, u3{c}, 0x88);", 3);
            Line(code, $"var c{c} = Avx512F.Shuffle4x128(u0{c}, u1{c}, 0xDD);", 3);
            Line(code, $"var d{c} = Avx512F.Shuffle4x128(u2{c}, u3{c}, 0xDD);", 3);
            Line(code, $"var m{c} = Avx512F.Shuffle4x128(a{c}, b{c}, 0x88);", 3);
            Line(code, $"var m{8 + c} = Avx512F.Shuffle4x128(a{c}, b{c}, 0xDD);", 3);
            Line(code, $"var m{4 + c} = Avx512F.Shuffle4x128(c{c}, d{c}, 0x88);", 3);
            Line(code, $"var m{12 + c} = Avx512F.Shuffle4x128(c{c}, d{c}, 0xDD);", 3);
        }
    }

    /// <summary>
    /// Asks for the same block of the next sixteen inputs, a row or two after each half round: in one burst at the
    /// loads the requests would fill the line buffers and stall them. Past the end of the input a prefetch does
    /// nothing.
    /// </summary>
    private static void Prefetch(StringBuilder code, int half)
    {
        for (var i = half * 16 / 14; i < (half + 1) * 16 / 14; i++)
        {
            Line(code, $"Sse.Prefetch0(input + ahead + rows[{i}]);", 3);
        }
    }

    private static void Store512(StringBuilder code)
    {
        Unpack4(code, "Avx512F", "h", 0, "x", 2);
        Unpack4(code, "Avx512F", "h", 4, "y", 2);
        for (var c = 0; c < 4; c++)
        {
            for (var k = 0; k < 4; k++)
            {
                Line(code, $"Avx512F.ExtractVector128(x{c}, {k}).Store((uint*)output + {8 * (4 * k + c)});");
                Line(code, $"Avx512F.ExtractVector128(y{c}, {k}).Store((uint*)output + {8 * (4 * k + c) + 4});");
            }
        }
    }

    private static void Transpose256(StringBuilder code)
    {
        for (var half = 0; half < 2; half++)
        {
            var p = half == 0 ? "r" : "s";
            for (var i = 0; i < 8; i++)
            {
                Line(code, $"var {p}{i} = Vector256.Load((uint*)(input + rows[{i}]){(half == 0 ? "" : " + 8")});", 3);
            }

            Unpack4(code, "Avx2", p, 0, $"{p}x", 3);
            Unpack4(code, "Avx2", p, 4, $"{p}y", 3);
            for (var c = 0; c < 4; c++)
            {
                Line(code, $"var m{8 * half + c} = Avx2.Permute2x128({p}x{c}, {p}y{c}, 0x20);", 3);
                Line(code, $"var m{8 * half + 4 + c} = Avx2.Permute2x128({p}x{c}, {p}y{c}, 0x31);", 3);
            }
        }
    }

    private static void Store256(StringBuilder code)
    {
        Unpack4(code, "Avx2", "h", 0, "x", 2);
        Unpack4(code, "Avx2", "h", 4, "y", 2);
        for (var c = 0; c < 4; c++)
        {
            Line(code, $"Avx2.Permute2x128(x{c}, y{c}, 0x20).Store((uint*)output + {8 * c});");
            Line(code, $"Avx2.Permute2x128(x{c}, y{c}, 0x31).Store((uint*)output + {8 * (4 + c)});");
        }
    }

    private static void Transpose128(StringBuilder code)
    {
        for (var part = 0; part < 4; part++)
        {
            for (var i = 0; i < 4; i++)
            {
                Line(code, $"var r{4 * part + i} = Vector128.Load((uint*)(input + rows[{i}]) + {4 * part});", 3);
            }

            Unpack4(code, null, "r", 4 * part, $"u{part}", 3);
            for (var c = 0; c < 4; c++) Line(code, $"var m{4 * part + c} = u{part}{c};", 3);
        }
    }

    private static void Store128(StringBuilder code)
    {
        Unpack4(code, null, "h", 0, "x", 2);
        Unpack4(code, null, "h", 4, "y", 2);
        for (var c = 0; c < 4; c++)
        {
            Line(code, $"x{c}.Store((uint*)output + {8 * c});");
            Line(code, $"y{c}.Store((uint*)output + {8 * c + 4});");
        }
    }

    /// <summary>Transposes 4x4 words inside every 128-bit piece of four vectors; column c lands in {to}{c}.</summary>
    private static void Unpack4(StringBuilder code, string? set, string from, int first, string to, int depth)
    {
        string Call(string name, string a, string b) => set is null ? $"{name}({a}, {b})" : $"{set}.{name}({a}, {b})";
        for (var i = 0; i < 4; i += 2)
        {
            var (a, b) = ($"{from}{first + i}", $"{from}{first + i + 1}");
            Line(code, $"var {to}l{i} = {Call("UnpackLow", a, b)}.AsUInt64();", depth);
            Line(code, $"var {to}h{i} = {Call("UnpackHigh", a, b)}.AsUInt64();", depth);
        }

        Line(code, $"var {to}0 = {Call("UnpackLow", $"{to}l0", $"{to}l2")}.AsUInt32();", depth);
        Line(code, $"var {to}1 = {Call("UnpackHigh", $"{to}l0", $"{to}l2")}.AsUInt32();", depth);
        Line(code, $"var {to}2 = {Call("UnpackLow", $"{to}h0", $"{to}h2")}.AsUInt32();", depth);
        Line(code, $"var {to}3 = {Call("UnpackHigh", $"{to}h0", $"{to}h2")}.AsUInt32();", depth);
    }
}
