namespace Omega.P2P.EndToEnd.Tests;

/// <summary>Bytes that look random and are the same in every run.</summary>
internal static class Sample
{
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
}
