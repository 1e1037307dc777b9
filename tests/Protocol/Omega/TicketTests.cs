using Omega.P2P.Protocol.Omega.Join;

namespace Omega.P2P.Protocol.Tests.Omega;

public sealed class TicketTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TicketReadsBackFromItsText(bool isForOne)
    {
        var ticket = OmegaSamples.Ticket(isForOne);
        Assert.True(Ticket.TryParse(ticket.ToString(), out var read, out var error), error.ToString());
        Assert.Equal(ticket.ToString(), read.ToString());
        Assert.Equal(ticket.Issuer, read.Issuer);
        Assert.Equal(ticket.Domain, read.Domain);
        Assert.Equal(ticket.Mesh, read.Mesh);
        Assert.Equal(ticket.Invited, read.Invited);
        Assert.Equal(ticket.ExpiresUnixS, read.ExpiresUnixS);
        Assert.True(ticket.Secret.Span.SequenceEqual(read.Secret.Span));
        Assert.Equal(ticket.Addresses, read.Addresses);
    }

    [Fact]
    public void CaseAndSurroundingSpaceDoNotCount()
    {
        var text = OmegaSamples.Ticket(false).ToString();
        Assert.True(Ticket.TryParse($"  {text.ToUpperInvariant()}\n", out var read, out _));
        Assert.Equal(text, read.ToString());
    }

    [Fact]
    public void EveryMistypedCharacterIsNoticed()
    {
        var text = OmegaSamples.Ticket(false).ToString();
        for (var i = 0; i < text.Length; i++)
        {
            var typo = text.ToCharArray();
            typo[i] = typo[i] == 'a' ? 'b' : 'a';
            Assert.False(Ticket.TryParse(new string(typo), out _, out var error), $"character {i}");
            Assert.Contains(error.Code, new[] { "ticket-word", "ticket-base32", "ticket-check" });
        }
    }

    [Fact]
    public void EveryTruncationIsRefused()
    {
        var text = OmegaSamples.Ticket(true).ToString();
        for (var length = 0; length < text.Length; length++)
            Assert.False(Ticket.TryParse(text[..length], out _, out _), $"cut to {length}");
    }

    [Fact]
    public void TextThatIsFarTooLongIsRefusedUnread()
    {
        Assert.False(Ticket.TryParse(Ticket.Prefix + new string('a', 100_000), out _, out var error));
        Assert.Equal("ticket-word", error.Code);
    }
}
