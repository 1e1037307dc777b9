using System.Text;
using Omega.P2P.Storage.Encryption;

namespace Omega.P2P.Storage.Tests.Encryption;

public sealed class AgeHeaderTests
{
    private static bool IsFull => Environment.GetEnvironmentVariable("OMEGA_FULL") == "1";

    /// <summary>Each row damages one line; line 0 means that lines have no meaning there.</summary>
    [Theory]
    [InlineData(1, "age-encryption.org/v2", AgeFault.Version, 1)]
    [InlineData(1, "age-encryption.org/v1 ", AgeFault.Version, 1)]
    [InlineData(1, "AGE-encryption.org/v1", AgeFault.NotAge, 0)]
    [InlineData(2, "->X25519", AgeFault.Header, 2)]
    [InlineData(2, "-> ", AgeFault.Header, 2)]
    [InlineData(2, "-> X25519  x", AgeFault.Header, 2)]
    [InlineData(2, "-> X25519", AgeFault.Stanza, 2)]
    [InlineData(2, "-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", AgeFault.Stanza, 2)]
    [InlineData(2, "-> x25519 same", AgeFault.NoIdentity, 0)]
    [InlineData(3, "AA==", AgeFault.Header, 3)]
    [InlineData(3, "AAB", AgeFault.Header, 3)]
    [InlineData(3, "", AgeFault.Stanza, 2)]
    [InlineData(3, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", AgeFault.NoIdentity, 0)]
    [InlineData(4, "--- ", AgeFault.Header, 4)]
    [InlineData(4, "---", AgeFault.Header, 4)]
    [InlineData(4, "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", AgeFault.HeaderMac, 4)]
    [InlineData(4, "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", AgeFault.Header, 4)]
    public void EveryDamagedLineHasItsFault(int line, string with, AgeFault fault, int at)
    {
        using var identity = AgeSample.Identity();
        var (header, payload) = Split(AgeSample.Encrypt([1, 2, 3], identity.Recipient));
        header[line - 1] = with;
        var file = Join(header, payload);
        foreach (var step in (int[])[1, 1000])
        {
            var (plain, error) = AgeSample.Decrypt(file, step, identity);
            Assert.Equal(new AgeError(fault, at), error);
            Assert.Empty(plain);
            Assert.NotEqual(fault.ToString(), error.Message);
        }
    }

    [Fact]
    public void UnknownStanzasArePassedOverAndAuthenticated()
    {
        using var identity = AgeSample.Identity();
        var (header, payload) = Split(AgeSample.Encrypt([1, 2, 3], identity.Recipient));
        string[] more = [header[0], "-> grease x y", "AAAA", .. header[1..]];
        Assert.Equal(AgeFault.HeaderMac, AgeSample.Decrypt(Join(more, payload), 999, identity).Error.Fault);
    }

    [Fact]
    public void PassphraseStandsAlone()
    {
        using var identity = AgeSample.Identity();
        var (header, payload) = Split(AgeSample.Encrypt([1, 2, 3], identity.Recipient));
        string[] more = [header[0], "-> scrypt AAAAAAAAAAAAAAAAAAAAAA 10", header[2], .. header[1..]];
        Assert.Equal(
            new AgeError(AgeFault.Header, 2), AgeSample.Decrypt(Join(more, payload), 999, identity).Error);
    }

    [Fact]
    public void LongBodiesAndManyStanzasAreWrittenAsTheyWereRead()
    {
        var text = new StringBuilder("age-encryption.org/v1\n");
        for (var length = 0; length < 200; length++)
        {
            var body = Convert.ToBase64String(AgeSample.Bytes(length)).TrimEnd('=');
            text.Append("-> t a").Append(length).Append('\n');
            foreach (var line in body.Chunk(64))
            {
                text.Append(line).Append('\n');
            }

            text.Append(body.Length % 64 == 0 ? "\n" : "");
        }

        text.Append("--- ").Append('A', 43).Append('\n');
        var bytes = Encoding.ASCII.GetBytes(text.ToString());
        var reader = new AgeHeaderReader();
        Assert.Equal(bytes.Length, reader.Take([.. bytes, 1, 2, 3]));
        Assert.Equal(200, reader.Header!.Stanzas.Count);
        Assert.Equal(bytes, reader.Header.Encode());
    }

    /// <summary>Whatever happens to a header, the reader ends with a value; what it takes it writes back the same.
    /// </summary>
    [Fact]
    public void MutatedHeadersAreRefusedOrReadExactly()
    {
        using var identity = AgeSample.Identity();
        using var other = AgeSample.Identity(2);
        var whole = AgeSample.Encrypt([1, 2, 3], identity.Recipient, other.Recipient);
        var random = new AgeSample.Seeded(99);
        var rounds = IsFull ? 300_000 : 2_500;
        var (read, opened) = (0, 0);
        for (var round = 0; round < rounds; round++)
        {
            var file = Mutate(whole, random);
            var reader = new AgeHeaderReader();
            var taken = reader.Take(file);
            if (reader.Header is { } header)
            {
                read++;
                Assert.Equal(file[..taken], header.Encode());
            }

            var (plain, error) = AgeSample.Decrypt(file, 1 + (round % 400), identity);
            opened += error.Fault == AgeFault.None ? 1 : 0;
            Assert.True(error.Fault != AgeFault.None || plain is [1, 2, 3]);
            Assert.True(
                error.Fault != AgeFault.None || file.AsSpan().SequenceEqual(whole), "a changed file was accepted");
        }

        Assert.InRange(read, rounds / 20, rounds - 1);
        Assert.InRange(opened, 0, rounds / 10);
    }

    private static byte[] Mutate(byte[] whole, AgeSample.Seeded random)
    {
        Span<byte> dice = stackalloc byte[4];
        List<byte> file = [.. whole];
        random.Fill(dice);
        for (var change = dice[0] % 3; change >= 0; change--)
        {
            random.Fill(dice);
            var at = ((dice[0] << 8) | dice[1]) % file.Count;
            switch (dice[2] % 5)
            {
                case 0:
                    file[at] = dice[3];
                    break;
                case 1:
                    file[at] ^= (byte)(1 << (dice[3] % 8));
                    break;
                case 2:
                    file.RemoveAt(at);
                    break;
                case 3:
                    file.Insert(at, "\n -=Aa+/>"u8[dice[3] % 9]);
                    break;
                default:
                    file.RemoveRange(at, Math.Min(file.Count - at, dice[3] % 60));
                    break;
            }

            if (file.Count == 0)
            {
                break;
            }
        }

        return [.. file];
    }

    private static (string[] Header, byte[] Payload) Split(byte[] file)
    {
        var end = file.AsSpan().IndexOf("---"u8) + 48;
        return (Encoding.ASCII.GetString(file, 0, end - 1).Split('\n'), file[end..]);
    }

    private static byte[] Join(string[] header, byte[] payload) =>
        [.. Encoding.ASCII.GetBytes(string.Join('\n', header) + "\n"), .. payload];
}
