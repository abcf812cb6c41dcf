-- AWS regions with the metropolitan area they are named after, and its centre in degrees north and east.
-- AWS answers no coordinates. The area is the city of the region's name ("Europe (Frankfurt)"); where AWS names a state or
-- a country only, the place in it that AWS's announcements and public records name: Ashburn for N. Virginia, Boardman for
-- Oregon, Columbus for Ohio, San Francisco for N. California, Montreal for Canada (Central), Zaragoza for Spain, Dubai for
-- the UAE, Potsdam for Brandenburg. Coordinates are the city centre's, to a hundredth of a degree (about half a mile).
-- A region spreads over some sixty miles round it, so a distance near the limit calls for a look at the map.
SELECT region, metropolitan_area, latitude::DOUBLE AS latitude, longitude::DOUBLE AS longitude
FROM   (VALUES
    ('af-south-1', 'Cape Town', -33.92, 18.42),
    ('ap-east-1', 'Hong Kong', 22.32, 114.17),
    ('ap-east-2', 'Taipei', 25.03, 121.57),
    ('ap-northeast-1', 'Tokyo', 35.68, 139.69),
    ('ap-northeast-2', 'Seoul', 37.57, 126.98),
    ('ap-northeast-3', 'Osaka', 34.69, 135.50),
    ('ap-south-1', 'Mumbai', 19.08, 72.88),
    ('ap-south-2', 'Hyderabad', 17.39, 78.49),
    ('ap-southeast-1', 'Singapore', 1.35, 103.82),
    ('ap-southeast-2', 'Sydney', -33.87, 151.21),
    ('ap-southeast-3', 'Jakarta', -6.21, 106.85),
    ('ap-southeast-4', 'Melbourne', -37.81, 144.96),
    ('ap-southeast-5', 'Kuala Lumpur', 3.14, 101.69),
    ('ap-southeast-6', 'Auckland', -36.85, 174.76),
    ('ap-southeast-7', 'Bangkok', 13.76, 100.50),
    ('ca-central-1', 'Montreal', 45.50, -73.57),
    ('ca-west-1', 'Calgary', 51.05, -114.07),
    ('cn-north-1', 'Beijing', 39.90, 116.41),
    ('cn-northwest-1', 'Zhongwei, Ningxia', 37.50, 105.20),
    ('eu-central-1', 'Frankfurt', 50.11, 8.68),
    ('eu-central-2', 'Zurich', 47.38, 8.54),
    ('eu-north-1', 'Stockholm', 59.33, 18.07),
    ('eu-south-1', 'Milan', 45.46, 9.19),
    ('eu-south-2', 'Zaragoza, Aragon', 41.65, -0.89),
    ('eu-west-1', 'Dublin', 53.35, -6.26),
    ('eu-west-2', 'London', 51.51, -0.13),
    ('eu-west-3', 'Paris', 48.86, 2.35),
    ('eusc-de-east-1', 'Potsdam, Brandenburg', 52.40, 13.07),
    ('il-central-1', 'Tel Aviv', 32.09, 34.78),
    ('me-central-1', 'Dubai', 25.20, 55.27),
    ('me-south-1', 'Manama, Bahrain', 26.23, 50.59),
    ('mx-central-1', 'Queretaro', 20.59, -100.39),
    ('sa-east-1', 'Sao Paulo', -23.55, -46.63),
    ('us-east-1', 'Ashburn, Northern Virginia', 39.04, -77.49),
    ('us-east-2', 'Columbus, Ohio', 39.96, -83.00),
    ('us-gov-east-1', 'Columbus, Ohio', 39.96, -83.00),
    ('us-gov-west-1', 'Boardman, Oregon', 45.84, -119.70),
    ('us-west-1', 'San Francisco Bay Area', 37.77, -122.42),
    ('us-west-2', 'Boardman, Oregon', 45.84, -119.70)
) AS places(region, metropolitan_area, latitude, longitude)
