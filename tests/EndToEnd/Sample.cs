using System.Security.Cryptography;

namespace Omega.P2P.EndToEnd.Tests;

/// <summary>Bytes that look random and are the same in every run.</summary>
internal static class Sample
{
    private const int Piece = 16 * 1024 * 1024;

    public static byte[] Bytes(int size, uint seed = 1)
    {
        var bytes = new byte[size];
        var state = seed * 2654435761u + 1;
        for (var i = 0; i < size; i++)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            bytes[i] = (byte)state;
        }

        return bytes;
    }

    /// <summary>Writes a file of any size, piece by piece; no two pieces are alike, nor those of files of different
    /// sizes: chunks that an artifact shares with another stay when it is evicted.</summary>
    public static string WriteFile(string path, long size)
    {
        using var file = File.Create(path);
        for (var piece = (uint)(size % 9973) * 1000 + 1; file.Length < size; piece++)
        {
            file.Write(Bytes((int)Math.Min(Piece, size - file.Length), piece));
            file.Flush();
        }

        return path;
    }

    public static string Sha256(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
