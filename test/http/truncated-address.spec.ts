import { truncatedAddress } from 'nest-session/http';

describe('truncatedAddress()', () => {
  it.each([
    ['203.0.113.77', '203.0.113.0'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.0'],
    ['10.20.30.0', '10.20.30.0'],
  ])('keeps 24 bits of the IPv4 address %s', (address, network) => {
    expect(truncatedAddress(address)).toBe(network);
  });

  it.each([
    ['2001:db8:7:8:9:a:b:c', '2001:db8:7::'],
    ['2001:0DB8:0007::9', '2001:db8:7::'],
    ['2001:db8::1', '2001:db8::'],
    ['2001::', '2001::'],
    ['2001:0:5::1', '2001:0:5::'],
    ['::1', '::'],
    ['::', '::'],
    ['0:0:7::1', '0:0:7::'],
    ['1::2:3:4:5:6:7', '1:0:2::'],
    ['::2:3:4:5:6:7:8', '0:2:3::'],
    ['1:2:3:4:5:6:7::', '1:2:3::'],
    ['a0:100:f000::1', 'a0:100:f000::'],
    ['fe80::1%eth0', 'fe80::'],
    ['64:ff9b::203.0.113.77', '64:ff9b::'],
    ['1:2:3:4:5:6:203.0.113.77', '1:2:3::'],
  ])('keeps 48 bits of the IPv6 address %s', (address, network) => {
    expect(truncatedAddress(address)).toBe(network);
  });

  it.each([
    '::ffff:203.0.113.77',
    '::FFFF:cb00:714d',
    '0:0:0:0:0:ffff:203.0.113.77',
    '::ffff:203.0.113.77%1',
  ])('keeps 24 bits of the IPv4-mapped address %s', (address) => {
    expect(truncatedAddress(address)).toBe('203.0.113.0');
  });

  it.each<unknown>([
    '',
    'localhost',
    'unknown',
    '203.0.113',
    '203.0.113.256',
    '203.0.113.077',
    '203.0.113.77:443',
    '[::1]',
    '::1::',
    '1:2:3',
    ' ::1',
    '/tmp/socket',
    '10.0.0.1, 10.0.0.2',
    undefined,
    null,
    7,
    Symbol('address'),
    ['::1'],
  ])('returns the empty text for %p', (address) => {
    expect(truncatedAddress(address as string)).toBe('');
  });

  it('keeps no bit of the client, whatever the address', () => {
    for (let round = 0; round < 500; round += 1) {
      const groups = Array.from({ length: 8 }, () => Math.floor(Math.random() * 0x10000).toString(16));
      const network = truncatedAddress(groups.join(':'));
      expect(truncatedAddress(network)).toBe(network);
      expect(new URL(`http://[${network}]`).hostname).toBe(
        new URL(`http://[${groups.slice(0, 3).join(':')}::]`).hostname,
      );
    }
  });
});
